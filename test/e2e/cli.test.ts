/** The podnet command as a user meets it: what it prints where, and how it ends. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { dissect, hasTshark } from '../scenario/helper/tshark.js';
import { isBuilt, killAll, podnet, up } from './helper/podnet.js';

const whenBuilt = isBuilt ? describe : describe.skip;
const named = (name: string) => (isBuilt ? name : `${name} (skipped: not built)`);
const folder = mkdtempSync(join(tmpdir(), 'podnet-cli-'));
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
afterEach(killAll);
afterAll(() => rmSync(folder, { recursive: true }));

const SAMPLE = 'labs/sample-app.yaml';
const COMMANDS = ['up', 'trace', 'ports', 'commands', 'completion'];

whenBuilt(named('podnet'), () => {
  test('prints its version', async () => {
    const { version } = JSON.parse(
      readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
    ) as { readonly version: string };
    expect(await podnet(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  test('prints help, for each command too', async () => {
    const { code, stdout, stderr } = await podnet(['--help']);
    expect([code, stderr]).toEqual([0, '']);
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
    const helps = await Promise.all(COMMANDS.map((command) => podnet([command, '--help'])));
    helps.forEach((help, index) => {
      expect(help).toMatchObject({ code: 0, stderr: '' });
      expect(help.stdout).toContain(`Usage: podnet ${COMMANDS[index]}`);
    });
    for (const help of helps.slice(0, 4))
      for (const option of ['--filename', '--namespace', '--topology', '--json', '--help'])
        expect(help.stdout).toContain(option);
  });

  test('says on stderr what is wrong with a command line, and ends with 2', async () => {
    const rows: readonly (readonly [args: readonly string[], says: RegExp])[] = [
      [[], /Usage: podnet/],
      [['trase'], /unknown command 'trase'[\s\S]*Did you mean trace\?/],
      [['trace', '--jsn', 'a', 'b'], /unknown option '--jsn'[\s\S]*Did you mean --json\?/],
      [['trace', 'a'], /missing required argument 'to'/],
      [['trace', 'a', 'b'], /^podnet: say what to look at: -f FILE/],
      [
        ['trace', '-f', '/no/such.yaml', 'a', 'b'],
        /^podnet: \/no\/such\.yaml: no such file or folder/,
      ],
      [
        ['trace', '-f', SAMPLE, '--port', '70000', 'a', 'b'],
        /must be a port from 0 to 65535, not 70000/,
      ],
      [
        ['trace', '-f', SAMPLE, '-p', 'sctp', 'a', 'b'],
        /--protocol must be tcp, udp or icmp, not 'sctp'/,
      ],
      [['trace', '--server', 'nonsense', 'a', 'b'], /--server must be a URL/],
      [
        ['trace', '--server', 'http://127.0.0.1:1', 'a', 'b'],
        /no podnet server answers at http:\/\/127\.0\.0\.1:1/,
      ],
      [
        ['trace', '-f', SAMPLE, '--topology', 'thre-nodes', 'a', 'b'],
        /no topology 'thre-nodes'.*three-nodes/,
      ],
      [['up', '--ephemeral', '--data-dir', folder], /give either --data-dir or --ephemeral/],
      [['up', '--speed', '0'], /must be a number above 0/],
      [['completion', 'tcsh'], /no completion for 'tcsh'/],
    ];
    const outcomes = await Promise.all(rows.map(([args]) => podnet(args)));
    rows.forEach(([args, says], index) => {
      expect({ args, ...outcomes[index] }).toMatchObject({ code: 2, stdout: '' });
      expect(outcomes[index]?.stderr).toMatch(says);
    });
  }, 60_000);

  test.each(['bash', 'zsh', 'fish'])('prints a completion script for %s', async (shell) => {
    const { code, stdout, stderr } = await podnet(['completion', shell]);
    expect([code, stderr]).toEqual([0, '']);
    for (const word of [...COMMANDS, 'pcap', 'topology']) expect(stdout).toContain(word);
    if (spawnSync(shell, ['--version']).error !== undefined) return;
    execFileSync(shell, ['-n'], { input: stdout });
    if (shell !== 'bash') return;
    const words = execFileSync('bash', [
      '-c',
      `${stdout}\nCOMP_WORDS=(podnet tr); COMP_CWORD=1; _podnet; echo "\${COMPREPLY[@]}"`,
    ]);
    expect(words.toString()).toBe('trace\n');
  });
});

whenBuilt(named('podnet trace'), () => {
  test('explains a delivered packet on stdout and ends with 0', async () => {
    const { code, stdout, stderr } = await podnet([
      'trace',
      '-f',
      SAMPLE,
      '-n',
      'shop',
      'visitor',
      'web',
    ]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /^TCP shop\/visitor → svc shop\/web \(10\.\S+\) port 80\n✔ delivered: the connection is established/,
    );
    expect(stdout).toContain('KUBE-SERVICES');
  });

  test('ends with 1 where the packet does not arrive', async () => {
    const { code, stdout } = await podnet([
      'trace',
      '-f',
      SAMPLE,
      '-n',
      'shop',
      'visitor',
      'web-0.store:81',
    ]);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    const closed = await podnet(['trace', '-f', SAMPLE, '-n', 'shop', 'visitor', 'store-0:81']);
    expect(closed.code).toBe(1);
    expect(closed.stdout).toContain('✘ refused: ');
    expect(closed.stderr).toBe('');
  });

  test('suggests names for one that is not there', async () => {
    const { code, stdout, stderr } = await podnet([
      'trace',
      '-f',
      SAMPLE,
      '-n',
      'shop',
      'vistor',
      'web',
    ]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^podnet: from: .*'?vistor'?.*visitor/);
  });

  test('prints JSON, a tree, and writes a capture', async () => {
    const pcap = join(folder, 'out.pcapng');
    const question = ['-f', SAMPLE, '-n', 'shop', 'visitor', 'api:8080'];
    const [json, tree] = await Promise.all([
      podnet(['trace', '--json', '--pcap', pcap, ...question]),
      podnet(['trace', '--tree', ...question]),
    ]);
    expect(json).toMatchObject({ code: 0, stderr: '' });
    const journey = JSON.parse(json.stdout) as {
      kind: string;
      disposition: string;
      hops: unknown[];
    };
    expect(journey).toMatchObject({ kind: 'packet', disposition: 'delivered' });
    expect(tree).toMatchObject({ code: 0, stderr: '' });
    expect(tree.stdout.split('\n').length).toBeLessThan(json.stdout.split('\n').length);
    expect(tree.stdout).toContain('shop/visitor');
    const octets = readFileSync(pcap);
    expect(octets.readUInt32LE(0)).toBe(0x0a0d0d0a);
    if (hasTshark) expect(dissect([octets.toString('base64')]).bad).toBe('');
    const unwritable = await podnet([
      'trace',
      '--pcap',
      join(folder, 'no/such/out.pcapng'),
      ...question,
    ]);
    expect(unwritable.code).toBe(2);
    expect(unwritable.stderr).toMatch(/^podnet: cannot write /);
  });

  test('reads manifests from stdin', async () => {
    const { code, stdout } = await podnet(
      ['ports', '-f', '-', '--json', 'pod/one'],
      '{ apiVersion: v1, kind: Pod, metadata: { name: one }, spec: { containers: [{ name: c, image: nginx }] } }',
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ pod: 'default/one', rows: [{ port: 80 }] });
  });

  test('reports mistakes by file, line and column on stderr and goes on with the rest; --strict stops', async () => {
    const path = file(
      'mixed.yaml',
      'apiVersion: apps/v1\nkind: Deploymnet\nmetadata:\n  name: web\n---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  containers:\n    - name: c\n      image: nginx\n',
    );
    const ran = await podnet(['commands', '-f', path, 'a']);
    expect(ran.code).toBe(0);
    expect(ran.stderr).toMatch(new RegExp(`^${path}:2:\\d+: .*Deploymnet.*Deployment`));
    expect(ran.stdout).toContain('ip link add');
    const strict = await podnet(['commands', '--strict', '-f', path, 'a']);
    expect([strict.code, strict.stdout]).toEqual([2, '']);
    expect(strict.stderr).toContain(':2:');
    const nothing = await podnet([
      'commands',
      '-f',
      file('tab.yaml', 'kind: Pod\n\tname: x\n'),
      'a',
    ]);
    expect(nothing.code).toBe(2);
    expect(nothing.stderr).toContain('tab.yaml:2:');
    const binary = await podnet([
      'commands',
      '-f',
      file('binary.yaml', '\u0000\u0001\u0002PNG'),
      'a',
    ]);
    expect(binary.code).toBe(2);
  });
});

whenBuilt(named('podnet ports and commands'), () => {
  test('ports names the holder of a port and ends with 1', async () => {
    const { code, stdout, stderr } = await podnet([
      'ports',
      '-f',
      'labs/port-conflict.yaml',
      'pod/twins',
    ]);
    expect([code, stderr]).toEqual([
      1,
      'note: labs/port-conflict.yaml:3: Pod/twins: spec.containers[1].ports[0]: duplicate port definition with spec.containers[0].ports[0]\n',
    ]);
    expect(stdout).toMatch(
      /CONFLICT 80\/tcp: container second wanted 0\.0\.0\.0:80 and got EADDRINUSE; it is held by first \(pid \d+\)/,
    );
  });

  test('commands are a script that a shell can read', async () => {
    const { code, stdout, stderr } = await podnet([
      'commands',
      '-f',
      SAMPLE,
      '-n',
      'shop',
      'visitor',
    ]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^# pod shop\/visitor on worker-\d\n/);
    for (const words of ['ip netns', 'type veth', 'ip addr add 10.244.', 'route add default via'])
      expect(stdout.replace(/-n \S+ /g, '')).toContain(words);
    execFileSync('bash', ['-n'], { input: stdout });
  });
});

whenBuilt(named('podnet with a server'), () => {
  test('asks a running server, and says in one sentence that a port is taken', async () => {
    const server = await up(['--ephemeral', '-f', SAMPLE]);
    expect(server.ready).toMatchObject({ refused: 0 });
    const [remote, json] = await Promise.all([
      podnet(['trace', '--server', server.url, '-n', 'shop', 'visitor', 'web']),
      podnet(['ports', '--server', server.url, '--json', 'shop/visitor']),
    ]);
    expect(remote).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(json.stdout)).toMatchObject({ pod: 'shop/visitor' });
    const port = new URL(server.url).port;
    const taken = await podnet(['up', '--ephemeral', '--no-open', '--port', port]);
    expect(taken).toEqual({
      code: 2,
      stdout: '',
      stderr: `podnet: port ${port} is already taken on 127.0.0.1: stop what uses it, or choose another with --port\n`,
    });
    const missing = await fetch(`${server.url}/api/v1/namespaces/shop/pods/nope`);
    expect(missing.status).toBe(404);
    // A watch stays open for as long as its client listens; it must not hold up the end.
    const watch = await fetch(`${server.url}/api/v1/configmaps?watch=true`);
    watch.body
      ?.getReader()
      .read()
      .catch(() => {});
    expect(await server.end('SIGTERM')).toBe(0);
    expect(server.stderr()).toBe('');
  }, 60_000);

  test('says what is wrong with a topology', async () => {
    const spec = (network: string) =>
      `apiVersion: podnet.dev/v1\nkind: Topology\nmetadata: { name: t }\nspec:\n  network: { ${network} }\n  nodes:\n    - { name: a, role: control-plane, address: 192.168.50.10/24 }\n    - { name: b, address: 192.168.50.11/24 }\n  switches: [{ name: lan }]\n`;
    const overlapping = file(
      'overlap.yaml',
      spec('clusterCIDR: 10.96.0.0/13, nodeCIDRMaskSize: 24, serviceCIDR: 10.96.0.0/12'),
    );
    const overlap = await podnet([
      'up',
      '--ephemeral',
      '--no-open',
      '--port',
      '0',
      '--topology',
      overlapping,
    ]);
    expect([overlap.code, overlap.stdout]).toEqual([2, '']);
    expect(overlap.stderr).toMatch(/^podnet: .*overlap\.yaml:5:\d+: .*overlap/);
    const narrow = file(
      'narrow.yaml',
      spec('clusterCIDR: 10.244.0.0/24, nodeCIDRMaskSize: 24, serviceCIDR: 10.96.0.0/12'),
    );
    const few = await podnet([
      'up',
      '--ephemeral',
      '--no-open',
      '--port',
      '0',
      '--topology',
      narrow,
    ]);
    expect([few.code, few.stdout]).toEqual([2, '']);
    expect(few.stderr).toMatch(/^podnet: .*narrow\.yaml:5:/);
  });

  test('says that the addresses of a node are used up', async () => {
    const small = file(
      'small.yaml',
      readFileSync(
        new URL('../../topology/presets/single-node.yaml', import.meta.url),
        'utf8',
      ).replace(/nodeCIDRMaskSize: \d+/, 'nodeCIDRMaskSize: 29'),
    );
    const ten = file(
      'ten.yaml',
      '{ apiVersion: apps/v1, kind: Deployment, metadata: { name: many }, spec: { replicas: 10, selector: { matchLabels: { app: m } }, template: { metadata: { labels: { app: m } }, spec: { containers: [{ name: c, image: nginx }] } } } }',
    );
    const server = await up(['--ephemeral', '--topology', small, '-f', ten]);
    const events = (await (await fetch(`${server.url}/api/v1/events`)).json()) as {
      items: { reason: string; message: string }[];
    };
    const failed = events.items.filter(({ reason }) => reason === 'FailedCreatePodSandBox');
    expect(failed.length).toBeGreaterThan(0);
    expect(failed[0]?.message).toMatch(
      /no IP addresses available in range set: 10\.244\.\d+\.1-10\.244\.\d+\.6/,
    );
    const pods = (await (await fetch(`${server.url}/api/v1/namespaces/default/pods`)).json()) as {
      items: { status: { phase: string } }[];
    };
    const phases = pods.items.map(({ status }) => status.phase).sort();
    // Of /29 six addresses are left: one is the bridge's, one CoreDNS's.
    expect(phases).toEqual([...Array(6).fill('Pending'), ...Array(4).fill('Running')]);
    await server.end('SIGTERM');
  }, 60_000);

  test('fails on a port that another program holds', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { code, stderr } = await podnet([
      'up',
      '--ephemeral',
      '--no-open',
      '--port',
      String(port),
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain('already taken');
    other.close();
  });
});
