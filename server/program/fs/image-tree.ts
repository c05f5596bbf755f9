import { executablesOf } from '../../registry/index.js';
import type { ImageFacts } from '../contract.js';
import { imageEntry } from '../image-commands.js';
import { type DirectoryNode, directory, file, generated, symlink } from './node.js';

const NGINX_CONF = `user  nginx;
worker_processes  auto;
events {
    worker_connections  1024;
}
http {
    default_type  application/octet-stream;
    keepalive_timeout  65;
    include /etc/nginx/conf.d/*.conf;
}
`;

const NGINX_SITE = `server {
    listen       80;
    listen  [::]:80;
    server_name  localhost;

    location / {
        root   /usr/share/nginx/html;
        index  index.html index.htm;
    }
}
`;

const NGINX_PAGE = `<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
</head>
<body>
<h1>Welcome to nginx!</h1>
<p>The web server is installed and works. It still has to be configured.</p>
</body>
</html>
`;

const OS_RELEASE: Readonly<Record<string, string>> = {
  alpine: 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.20.3\nPRETTY_NAME="Alpine Linux v3.20"\n',
  debian:
    'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n',
};

const trees = new Map<string, DirectoryNode>();

/** Files of an image, shared by all its containers; nobody may change them. */
export function imageTree(facts: ImageFacts): DirectoryNode {
  const key = [facts.programKind, facts.userland ?? '', ...(facts.executables ?? [])].join(' ');
  const known = trees.get(key);
  if (known !== undefined) return known;
  const tree = buildTree(facts);
  trees.set(key, tree);
  return tree;
}

function buildTree(facts: ImageFacts): DirectoryNode {
  const root = directory();
  for (const path of [
    '/dev',
    '/etc',
    '/home',
    '/proc',
    '/root',
    '/tmp',
    '/usr/bin',
    '/var/log',
    '/var/run',
    '/run',
  ]) {
    directoryAt(root, path);
  }
  fill(root, '/dev', [
    ['null', generated(() => '', true)],
    ['zero', generated(() => '\0'.repeat(4096), true)],
    ['stdin', symlink('/proc/self/fd/0')],
    ['tty', generated(() => '', true)],
  ]);
  fill(root, '/etc', [
    [
      'passwd',
      file('root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n'),
    ],
    ['group', file('root:x:0:\nnobody:x:65534:\n')],
    ['os-release', file(OS_RELEASE[facts.userland ?? 'debian'] ?? OS_RELEASE.debian ?? '')],
  ]);
  fill(root, '/proc', [
    ['cpuinfo', file('processor\t: 0\nmodel name\t: podnet\n')],
    ['meminfo', file('MemTotal:        4028340 kB\nMemFree:         3011220 kB\n')],
    ['version', file('Linux version 6.18.0 (podnet) #1 SMP\n')],
    ['loadavg', file('0.00 0.00 0.00 1/64 1\n')],
  ]);
  const bin = directoryAt(root, '/bin');
  for (const name of executablesOf(imageEntry(facts))) {
    if (!name.startsWith('/') && !name.startsWith('.')) bin.children.set(name, file('', 0o755));
  }
  pages(root, facts);
  return root;
}

function pages(root: DirectoryNode, facts: ImageFacts): void {
  if (facts.programKind === 'nginx') {
    fill(root, '/etc/nginx', [['nginx.conf', file(NGINX_CONF)]]);
    fill(root, '/etc/nginx/conf.d', [['default.conf', file(NGINX_SITE)]]);
    fill(root, '/usr/share/nginx/html', [['index.html', file(NGINX_PAGE)]]);
    directoryAt(root, '/var/log/nginx');
  }
  if (facts.programKind === 'httpd') {
    const page = file('<html><body><h1>It works!</h1></body></html>\n');
    fill(root, '/usr/local/apache2/htdocs', [['index.html', page]]);
  }
  if (facts.programKind === 'php' || facts.programKind === 'gb-frontend') {
    directoryAt(root, '/var/www/html');
  }
}

function directoryAt(root: DirectoryNode, path: string): DirectoryNode {
  let at = root;
  for (const name of path.split('/').slice(1)) {
    const next = at.children.get(name);
    if (next?.kind === 'directory') at = next;
    else {
      const made = directory();
      at.children.set(name, made);
      at = made;
    }
  }
  return at;
}

function fill(root: DirectoryNode, path: string, entries: Parameters<typeof directory>[0]): void {
  const target = directoryAt(root, path);
  for (const [name, node] of entries ?? []) target.children.set(name, node);
}
