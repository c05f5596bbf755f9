import { describe, expect, test } from '@jest/globals';
import { parseIp } from '../../../../topology/addr/index.js';
import { Rng, SECOND, SimClock } from '../../../../topology/base/index.js';
import {
  Host,
  type Process,
  SIGNAL,
  type Socket,
  Softirq,
} from '../../../../topology/kernel/index.js';

const PORT = 80;

/** A pod's pause with its namespaces, `lo` up, and how to start containers in them. */
function pod(sharesPids = false) {
  const clock = new SimClock();
  const host = new Host({ name: 'n1', clock, rng: new Rng(1), softirq: new Softirq(clock) });
  const pause = must(
    host.processes.clone({
      comm: 'pause',
      argv: ['/pause'],
      unshare: sharesPids ? ['net', 'ipc', 'uts', 'pid'] : ['net', 'ipc', 'uts'],
    }),
  );
  const kinds = sharesPids
    ? (['net', 'ipc', 'uts', 'pid'] as const)
    : (['net', 'ipc', 'uts'] as const);
  const join = (of: Process) => {
    return host.processes.clone({ comm: 'app', argv: ['app'], join: { of, kinds } });
  };
  host.apply([
    { op: 'netns.attach', name: 'pod', pid: pause.pid },
    { op: 'link.set', netns: 'pod', name: 'lo', up: true },
    { op: 'netns.del', name: 'pod' },
  ]);
  const kill = (process: Process) => host.processes.kill(process.pid, SIGNAL.SIGKILL);
  return { host, clock, pause, join, kill };
}

function must<T>(
  result:
    | { readonly ok: true; readonly value: T }
    | { readonly ok: false; readonly error: unknown },
): T {
  if (!result.ok) throw new Error(String(result.error));
  return result.value;
}

const LOOPBACK = must(parseIp('127.0.0.1'));
const ANY = must(parseIp('0.0.0.0'));

function serve(process: Process, reuse: boolean): Socket | string {
  const socket = must(process.sys.socket('inet', 'stream'));
  if (reuse) socket.setOption('SO_REUSEADDR', 1);
  const errno = socket.bind(ANY, PORT) ?? socket.listen(8);
  if (errno !== undefined) return errno;
  socket.onReady = () => {
    for (let made = socket.accept(); made.ok; made = socket.accept());
  };
  return socket;
}

function connect(process: Process): Socket {
  const socket = must(process.sys.socket('inet', 'stream'));
  socket.connect(LOOPBACK, PORT);
  return socket;
}

describe('a pod whose pause was killed', () => {
  test('keeps its network while a container lives: localhost goes on', () => {
    const { clock, pause, join, kill } = pod();
    const [server, client] = [must(join(pause)), must(join(pause))];
    serve(server, false);
    kill(pause);
    const socket = connect(client);
    clock.advance(SECOND);
    expect(socket.state).toBe('ESTAB');
  });

  test('takes no container in by its dead pid, but by the pid of another member', () => {
    const { pause, join, kill } = pod();
    const app = must(join(pause));
    kill(pause);
    expect(join(pause)).toEqual({ ok: false, error: 'ESRCH' });
    expect(must(join(app)).namespaces.net.inode).toBe(app.namespaces.net.inode);
  });

  test('loses its network and its queues with the last container', () => {
    const { host, pause, join, kill } = pod();
    const app = must(join(pause));
    const { inode } = app.namespaces.net;
    app.sys.mqOpen('/jobs', { access: 'read-write', create: true });
    const ipc = host.processes.ipcOf(app.pid);
    kill(pause);
    expect([host.netnsByInode(inode)?.inode, ipc?.queues().length]).toEqual([inode, 1]);
    kill(app);
    expect([host.netnsByInode(inode), ipc?.queues().length]).toEqual([undefined, 0]);
  });

  test('loses every container when they share its PID namespace', () => {
    const { pause, join, kill } = pod(true);
    const apps = [must(join(pause)), must(join(pause))];
    kill(pause);
    expect(apps.map(({ state, exitCode }) => [state, exitCode])).toEqual([
      ['exited', 137],
      ['exited', 137],
    ]);
  });
});

describe('a container that is started again', () => {
  test.each([
    ['takes its port back at once when it uses SO_REUSEADDR, before and after', true, 'LISTEN'],
    ['waits for its old connections when it does not', false, 'EADDRINUSE'],
  ])('%s', (_name, reuse, outcome) => {
    const { clock, pause, join, kill } = pod();
    const first = must(join(pause));
    const client = must(join(pause));
    serve(first, reuse);
    connect(client);
    clock.advance(SECOND);
    kill(first);
    clock.advance(SECOND);
    const again = must(join(pause));
    expect(again.namespaces.net.inode).toBe(pause.namespaces.net.inode);
    const served = serve(again, reuse);
    expect(typeof served === 'string' ? served : served.state).toBe(outcome);
  });
});
