import { describe, expect, test } from '@jest/globals';
import { VirtualFileSystem, Volume } from '../../../server/program/index.js';
import { type ContainerSpec, Lab } from './lab.js';

const NGINX: ContainerSpec = {
  image: {
    reference: 'nginx:1.27',
    programKind: 'nginx',
    entrypoint: ['/docker-entrypoint.sh'],
    cmd: ['nginx', '-g', 'daemon off;'],
    listens: [{ proto: 'tcp', port: 80 }],
    userland: 'debian',
    executables: ['nginx', 'curl', 'bash'],
  },
};
const CURL: ContainerSpec = { image: { userland: 'any', programKind: 'curl' } };

describe('nginx', () => {
  test('serves its page, with its headers, and logs the request', async () => {
    const lab = new Lab();
    const nginx = lab.start(NGINX);
    const got = await lab.script('curl -si http://web/', CURL);
    expect(got.out).toMatch(
      /^HTTP\/1\.1 200 OK\r\nServer: nginx\/1\.27\.5\r\nDate: Thu, 01 Jan 2026/,
    );
    expect(got.out).toContain('<h1>Welcome to nginx!</h1>');
    expect(nginx.output.stdout).toContain('"GET / HTTP/1.1" 200');
  });

  test('serves mounted files and what a configuration returns', async () => {
    const lab = new Lab();
    const files = new VirtualFileSystem();
    const html = new Volume();
    html.put('index.html', 'mine\n');
    const config = new Volume();
    config.put(
      'default.conf',
      'server { listen 8080; root /srv; location /ok { return 200 "fine on $hostname\\n"; } location /gone { return 410; } }',
    );
    files.mount({ path: '/srv', volume: html, readOnly: true });
    files.mount({ path: '/etc/nginx/conf.d', volume: config, readOnly: true });
    lab.start({ ...NGINX, files });
    const got = await lab.script(
      'curl -s web:8080/; curl -s web:8080/ok; curl -s -o /dev/null -w "%{http_code}\\n" web:8080/gone; curl -sf web:8080/none; echo $?',
      CURL,
    );
    expect(got.out).toBe('mine\nfine on web-0\n410\n22\n');
  });

  test('passes requests on to an upstream', async () => {
    const lab = new Lab();
    lab.start({
      argv: ['http-echo', '-text=behind', '-listen=:5678'],
      image: { userland: 'any', programKind: 'http-echo' },
    });
    const files = new VirtualFileSystem();
    const config = new Volume();
    config.put(
      'default.conf',
      'upstream back { server db:5678; }\nserver { listen 80; location /api/ { proxy_pass http://back/; } }',
    );
    files.mount({ path: '/etc/nginx/conf.d', volume: config, readOnly: true });
    lab.start({ ...NGINX, files });
    expect((await lab.script('sleep 1; curl -s web/api/x', CURL)).out).toBe('behind\n');
  });

  test('tries five times to bind a taken port, then ends with 1 in its own words', async () => {
    const lab = new Lab();
    lab.start(NGINX);
    const failures: unknown[] = [];
    const second = lab.start({
      ...NGINX,
      more: { onBindFailure: (failure) => failures.push(failure) },
    });
    await lab.run(2);
    expect(second.process.state).toBe('running');
    await lab.run(1);
    expect(second.process.exitCode).toBe(1);
    expect(
      second.output.stderr.match(
        /nginx: \[emerg\] bind\(\) to 0\.0\.0\.0:80 failed \(98: Address already in use\)/g,
      ),
    ).toHaveLength(5);
    expect(second.output.stderr).toContain('nginx: [emerg] still could not bind()');
    expect(failures[0]).toEqual({ proto: 'tcp', address: 0, port: 80, errno: 'EADDRINUSE' });
  });

  test('ends with 0 on SIGQUIT', async () => {
    const lab = new Lab();
    const nginx = lab.start(NGINX);
    lab.host.processes.kill(nginx.process.pid, 3);
    expect(nginx.process.exitCode).toBe(0);
  });
});

describe('a refused bind', () => {
  test.each([
    [
      'httpd',
      80,
      ['httpd-foreground'],
      '(98)Address already in use: AH00072: make_sock: could not bind to address 0.0.0.0:80',
    ],
    [
      'redis',
      6379,
      ['redis-server'],
      'Could not create server TCP listening socket *:6379: bind: Address already in use',
    ],
    [
      'python',
      8000,
      ['python3', '-m', 'http.server'],
      'OSError: [Errno 98] Address already in use',
    ],
    ['hello-app', 8080, ['/hello-app'], 'listen tcp :8080: bind: address already in use'],
    [
      'echo-server',
      8080,
      ['node', './index.js'],
      'Error: listen EADDRINUSE: address already in use :::8080',
    ],
  ])('is told by %s as the real one does', async (programKind, port, argv, words) => {
    const lab = new Lab();
    lab.start({ argv: ['sh', '-c', `nc -lk -p ${port}`] });
    await lab.run(1);
    const container = lab.start({ argv, image: { programKind, userland: 'any', cmd: argv } });
    await lab.run(1);
    expect(container.output.stderr + container.output.stdout).toContain(words);
    expect(container.process.exitCode).toBe(1);
  });
});

describe('other servers', () => {
  test('redis keeps lists and counters, and wakes a blocked client', async () => {
    const lab = new Lab();
    lab.start({
      argv: ['redis-server', '--port', '6380'],
      image: { programKind: 'redis', userland: 'any' },
    });
    const got = await lab.script(
      '((printf "BLPOP q 5\\r\\n"; sleep 3) | nc -w 2 redis 6380) & sleep 1; printf "INCR n\\r\\nINCR n\\r\\nRPUSH q hello\\r\\nGET none\\r\\nQUIT\\r\\n" | nc redis 6380; wait',
      CURL,
    );
    expect(got.out).toContain(':1\r\n:2\r\n');
    expect(got.out).toContain('$1\r\nq\r\n$5\r\nhello\r\n');
  });

  test('whoami says who was asked and how', async () => {
    const lab = new Lab();
    lab.start({
      image: {
        programKind: 'whoami',
        entrypoint: ['/whoami'],
        cmd: [],
        userland: 'scratch',
        executables: ['/whoami'],
      },
    });
    const got = await lab.script('curl -s -A me http://web/path', CURL);
    expect(got.out).toMatch(/^Hostname: web-0\nIP: 127\.0\.0\.1\n/);
    expect(got.out).toContain('GET /path HTTP/1.1\nHost: web\nAccept: */*\nUser-Agent: me\n');
  });

  test('an unknown image is assumed to serve its declared ports, and says so', async () => {
    const lab = new Lab();
    const assumptions: string[] = [];
    lab.start({
      argv: ['/app/server'],
      image: {
        reference: 'acme/api:1',
        programKind: 'generic',
        assumed: true,
        userland: 'any',
        cmd: [],
      },
      more: {
        declaredPorts: [{ port: 9000, protocol: 'TCP' }],
        onAssumption: (sentence) => assumptions.push(sentence),
      },
    });
    expect((await lab.script('curl -s -o /dev/null -w "%{http_code}" web:9000/', CURL)).out).toBe(
      '200',
    );
    expect(assumptions).toEqual([
      '/app/server: podnet cannot run it and assumes that it listens on the declared 9000/tcp',
    ]);
  });

  test('a shell in an image without one is refused in the words of runc', () => {
    const image = {
      programKind: 'whoami',
      userland: 'scratch',
      executables: ['/whoami'],
      cmd: [],
    } as const;
    expect(new Lab().start({ argv: ['sh'], image }).refusal).toBe(
      'exec: "sh": executable file not found in $PATH',
    );
    expect(new Lab().start({ argv: ['/bin/sh'], image }).refusal).toBe(
      'exec: "/bin/sh": stat /bin/sh: no such file or directory',
    );
  });

  test('the votes of the voting application reach the worker', async () => {
    const lab = new Lab();
    const any = { userland: 'any' } as const;
    lab.start({ argv: ['redis-server'], image: { ...any, programKind: 'redis' } });
    lab.start({ argv: ['postgres'], image: { ...any, programKind: 'postgres' } });
    lab.start({ image: { ...any, programKind: 'vote', cmd: ['gunicorn', 'app:app'] } });
    const worker = lab.start({
      image: { ...any, programKind: 'worker', cmd: ['dotnet', 'Worker.dll'] },
    });
    await lab.script('curl -s -o /dev/null -d vote=a http://web/', CURL, 5);
    expect(worker.output.stdout).toMatch(/^Processing vote for 'a' by '[0-9a-f]+'\n$/);
  });
});

describe('exec', () => {
  test('runs a command in a container with its files and gives its status', async () => {
    const lab = new Lab();
    const nginx = lab.start(NGINX);
    const got = lab.exec(nginx, { argv: ['sh', '-c', 'ls /usr/share/nginx/html; exit 3'] });
    await lab.run(1);
    expect(got.output.stdout).toBe('index.html\n');
    expect(await got.session?.exitCode).toBe(3);
    expect(lab.exec(nginx, { argv: ['ping'] }).refusal).toBe(
      'exec: "ping": executable file not found in $PATH',
    );
  });

  test('with a terminal prompts, echoes and runs lines', async () => {
    const lab = new Lab();
    const container = lab.start({ argv: ['sleep', 'infinity'] });
    const got = lab.exec(container, { argv: ['sh'], terminal: true, stdin: true });
    await lab.run(1);
    got.session?.writeInput(new TextEncoder().encode('ecj\x7fho hi\rexit 4\r'));
    await lab.run(1);
    expect(got.output.stdout).toBe('/ # ecj\b \bho hi\r\nhi\r\n/ # exit 4\r\n');
    expect(got.output.stderr).toBe('');
    expect(got.process.exitCode).toBe(4);
  });
});

describe('a program that podnet got wrong', () => {
  const broken = () => {
    const errors: unknown[] = [];
    const files = new VirtualFileSystem();
    files.makeDirectory('/etc');
    files.readText = (path) => {
      if (path === '/bad') throw new Error('podnet was wrong');
      return VirtualFileSystem.prototype.readText.call(files, path);
    };
    return { errors, files, more: { onError: (error: unknown) => errors.push(error) } };
  };

  test('ends as if it had crashed, and says so to who started it', async () => {
    const lab = new Lab();
    const { errors, ...spec } = broken();
    const got = await lab.script('. /bad; echo never', spec);
    expect(got.code).toBe(139);
    expect(got.err).toContain('Segmentation fault (podnet: podnet was wrong)');
    expect(errors).toHaveLength(1);
  });

  test('takes only itself down when a shell started it', async () => {
    const lab = new Lab();
    const { errors, ...spec } = broken();
    const got = await lab.script("sh -c '. /bad'; echo $?", spec);
    expect(got.out).toBe('139\n');
    expect(errors).toHaveLength(1);
  });
});

describe('the name of a process', () => {
  test.each([
    [['/docker-entrypoint.sh', 'nginx', '-g', 'daemon off;'], 'nginx'],
    [['/docker-entrypoint.sh', '-g', 'daemon off;'], 'nginx'],
    [['/docker-entrypoint.sh'], 'nginx'],
    [['sh', '-c', 'exec nginx -g "daemon off;"'], 'nginx'],
    [['sh', '-c', 'sleep 60'], 'sh'],
  ])('%j is %s', async (argv, comm) => {
    const lab = new Lab();
    const container = lab.start({
      argv,
      image: {
        programKind: 'nginx',
        entrypoint: ['/docker-entrypoint.sh'],
        cmd: ['nginx', '-g', 'daemon off;'],
        executables: ['nginx', '/docker-entrypoint.sh'],
      },
    });
    await lab.run(1);
    expect(container.process.comm).toBe(comm);
  });
});
