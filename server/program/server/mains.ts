import { coredns, outsideDns } from '../dns/coredns.js';
import { type Guest, SIGNALS } from '../guest.js';
import { agnhost } from './agnhost.js';
import { bookinfo, guestbookFrontend } from './demo-shops.js';
import { generic } from './generic.js';
import { httpd } from './httpd.js';
import { python, runScript } from './interpreters.js';
import { nginx } from './nginx.js';
import {
  echo,
  memcached,
  mysql,
  postgres,
  quietServer,
  serveTcp,
  serveUdpEcho,
} from './plain-tcp.js';
import { redisServer } from './redis.js';
import { result, vote, worker } from './voting.js';
import { echoServer, helloApp, httpbin, httpEcho, podinfo, serveHostname, whoami } from './web.js';

/** A program that lives from callbacks; it ends by `guest.sys.exit`. */
export type Main = (guest: Guest, args: readonly string[]) => void;

const pause: Main = (guest) => guest.exitOn([SIGNALS.TERM, SIGNALS.INT]);
const endAtOnce: Main = (guest) => guest.sys.exit(0);

const helloWorld: Main = (guest) => {
  guest.print(
    '\nHello from Docker!\nThis message shows that your installation appears to be working correctly.\n\n',
  );
  guest.sys.exit(0);
};

function quiet(ready: string): Main {
  return (guest) =>
    quietServer(
      guest,
      guest.request.image.listens.map(({ port }) => port),
      ready,
    );
}

const echoTcp: Main = (guest) => {
  const port = guest.envPort('PORT', guest.request.image.listens[0]?.port ?? 7);
  if (serveTcp(guest, port, { greet: echo })) guest.exitOn([SIGNALS.TERM, SIGNALS.INT]);
};

const echoUdp: Main = (guest) => {
  const port = guest.envPort('PORT', guest.request.image.listens[0]?.port ?? 7);
  if (serveUdpEcho(guest, port)) guest.exitOn([SIGNALS.TERM, SIGNALS.INT]);
};

const php: Main = (guest, args) => {
  if (guest.request.image.listens.some(({ port }) => port === 80)) httpd(guest, args);
  else if (guest.request.image.listens.length > 0) generic(guest);
  else runScript(guest, 'php', args);
};

function script(runtime: string): Main {
  return (guest, args) => runScript(guest, runtime, args);
}

/** The default program of each kind of image; kinds not here start `generic`. */
export const KIND_MAINS: ReadonlyMap<string, Main> = new Map<string, Main>([
  ['pause', pause],
  ['nginx', nginx],
  ['httpd', httpd],
  ['whoami', whoami],
  ['hello-app', helloApp],
  ['http-echo', httpEcho],
  ['agnhost', agnhost],
  ['serve-hostname', serveHostname],
  ['echoserver', echoServer],
  ['echo-server', echoServer],
  ['podinfo', podinfo],
  ['httpbin', httpbin],
  ['gb-frontend', guestbookFrontend],
  ['gb-redis-follower', redisServer],
  ['bookinfo', bookinfo],
  ['vote', vote],
  ['result', result],
  ['worker', worker],
  ['redis', redisServer],
  ['memcached', memcached],
  ['postgres', postgres],
  ['mysql', mysql],
  [
    'mongo',
    quiet(
      '{"t":{"$date":"2026-01-01T00:00:00.000+00:00"},"s":"I","c":"NETWORK","id":23016,"ctx":"listener","msg":"Waiting for connections","attr":{"port":27017,"ssl":"off"}}',
    ),
  ],
  ['rabbitmq', quiet(' completed with 4 plugins.')],
  ['coredns', coredns],
  ['outside-dns', outsideDns],
  ['tcp-echo', echoTcp],
  ['udp-echo', echoUdp],
  ['hello-world', helloWorld],
  ['run-once', endAtOnce],
  ['python', python],
  ['node', script('node')],
  ['golang', endAtOnce],
  ['java', script('java')],
  ['perl', script('perl')],
  ['php', php],
  ...['busybox', 'alpine', 'ubuntu', 'debian', 'netshoot', 'dnsutils', 'base', 'tools'].map(
    (kind): [string, Main] => [kind, endAtOnce],
  ),
  ['generic', generic],
]);

/** Programs by the name of their executable, in images that have it. */
export const NAMED_MAINS: ReadonlyMap<string, Main> = new Map<string, Main>([
  ['nginx', nginx],
  ['httpd', httpd],
  ['httpd-foreground', httpd],
  ['apache2-foreground', httpd],
  ['apache2ctl', httpd],
  ['redis-server', redisServer],
  ['memcached', memcached],
  ['postgres', postgres],
  ['mysqld', mysql],
  ['mariadbd', mysql],
  ['coredns', coredns],
  ['agnhost', agnhost],
  ['http-echo', httpEcho],
  ['whoami', whoami],
  ['python', python],
  ['python3', python],
  ['python2', python],
  ['node', script('node')],
  ['npm', script('npm')],
  ['yarn', script('yarn')],
  ['java', script('java')],
  ['ruby', script('ruby')],
  ['php', script('php')],
  ['go', script('go')],
  ['dotnet', script('dotnet')],
  ['gunicorn', script('gunicorn')],
  ['uvicorn', script('uvicorn')],
  ['flask', script('flask')],
  ['uwsgi', script('uwsgi')],
  ['deno', script('deno')],
  ['bun', script('bun')],
  ['pause', pause],
]);
