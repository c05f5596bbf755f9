import { describe, expect, test } from '@jest/globals';
import { Rng, SECOND, SimClock } from '../../../../topology/base/index.js';
import {
  type CloneRequest,
  Host,
  type NamespaceKind,
  type Process,
  Softirq,
} from '../../../../topology/kernel/index.js';

const SIGKILL = 9;
const SIGTERM = 15;
const POD: readonly NamespaceKind[] = ['mnt', 'uts', 'ipc', 'net'];

function boot() {
  const clock = new SimClock();
  return new Host({ name: 'node-1', clock, rng: new Rng(1), softirq: new Softirq(clock) });
}

function clone(host: Host, request: Partial<CloneRequest> = {}): Process {
  const made = host.processes.clone({ comm: 'app', argv: ['app'], ...request });
  if (!made.ok) throw new Error(made.error);
  return made.value;
}

const pause = (host: Host, more: readonly NamespaceKind[] = []) =>
  clone(host, { comm: 'pause', unshare: [...POD, ...more], hostname: 'web-0' });

describe('clone', () => {
  test('leaves a process in the namespaces of its parent', () => {
    const host = boot();
    const app = clone(host);
    expect(app.namespaces.uts.inode).toBe(4026531838);
    expect(app.namespaces.net.inode).toBe(host.root.inode);
    expect(app.sys.hostname).toBe('node-1');
    expect([app.pid, app.pidInNamespace, app.parentPid]).toEqual([2, 2, 1]);
  });

  test('makes the namespaces it is asked for, numbered from 4026532200', () => {
    const host = boot();
    const { namespaces, sys } = pause(host);
    expect(POD.map((kind) => namespaces[kind].inode)).toEqual([
      4026532200, 4026532201, 4026532202, 4026532203,
    ]);
    expect(namespaces.user.inode).toBe(4026531837);
    expect(sys.hostname).toBe('web-0');
  });

  test('lets a container share the sandbox: net, ipc and uts, not mnt', () => {
    const host = boot();
    const sandbox = pause(host);
    const app = clone(host, {
      unshare: ['mnt'],
      join: { of: sandbox, kinds: ['net', 'ipc', 'uts'] },
    });
    expect(app.namespaces.net.inode).toBe(sandbox.namespaces.net.inode);
    expect(app.namespaces.mnt.inode).not.toBe(sandbox.namespaces.mnt.inode);
    expect(app.sys.hostname).toBe('web-0');
  });

  test('cannot join a process that has ended, but another member of its namespaces', () => {
    const host = boot();
    const sandbox = pause(host);
    const app = clone(host, { join: { of: sandbox, kinds: ['net', 'ipc'] } });
    host.processes.kill(sandbox.pid, SIGKILL);
    const again = { comm: 'x', argv: ['x'], join: { of: sandbox, kinds: ['net'] as const } };
    expect(host.processes.clone(again)).toEqual({ ok: false, error: 'ESRCH' });
    const other = clone(host, { join: { of: app, kinds: ['net'] } });
    expect(other.namespaces.net.inode).toBe(sandbox.namespaces.net.inode);
  });

  test('numbers processes of a PID namespace from 1', () => {
    const host = boot();
    const sandbox = pause(host, ['pid']);
    const app = clone(host, { join: { of: sandbox, kinds: ['pid'] } });
    expect([sandbox.pidInNamespace, app.pidInNamespace]).toEqual([1, 2]);
    expect([sandbox.pid, app.pid]).toEqual([2, 3]);
    expect(app.sys.kill(1, 0)).toBeUndefined();
    expect(app.sys.kill(3, 0)).toBe('ESRCH');
  });
});

describe('namespaces', () => {
  test('of the network live while a member or a name is left', () => {
    const host = boot();
    const sandbox = pause(host);
    const { inode } = sandbox.namespaces.net;
    const app = clone(host, { join: { of: sandbox, kinds: ['net'] } });
    host.processes.kill(sandbox.pid, SIGKILL);
    expect(host.netnsByInode(inode)).toBeDefined();
    host.apply([{ op: 'netns.attach', name: 'cni-1', pid: app.pid }]);
    app.sys.exit(0);
    expect(host.netnsByInode(inode)).toBeDefined();
    host.apply([{ op: 'netns.del', name: 'cni-1' }]);
    expect(host.netnsByInode(inode)).toBeUndefined();
  });

  test('of IPC keep queues to themselves, as long as a member is left', () => {
    const host = boot();
    const [podA, podB] = [pause(host), pause(host)];
    const app = clone(host, { join: { of: podA, kinds: ['ipc'] } });
    const jobs = app.sys.mqOpen('/jobs', { access: 'read-write', create: true });
    if (jobs.ok) jobs.value.send(Uint8Array.of(1), 4);
    host.processes.kill(podA.pid, SIGKILL);
    const second = clone(host, { join: { of: app, kinds: ['ipc'] } });
    app.sys.exit(0);
    const read = second.sys.mqOpen('/jobs', { access: 'read' });
    expect(read.ok && read.value.receive(8192)).toEqual({
      ok: true,
      value: { octets: Uint8Array.of(1), priority: 4 },
    });
    expect(podB.sys.mqOpen('/jobs', { access: 'read' })).toEqual({ ok: false, error: 'ENOENT' });
    expect(host.processes.ipcOf(second.pid)?.queues()).toHaveLength(1);
    const ipc = host.processes.ipcOf(second.pid);
    second.sys.exit(0);
    expect(ipc?.queues()).toEqual([]);
  });
});

describe('the end of a process', () => {
  test('has an exit code, is told once and leaves nothing behind', () => {
    const host = boot();
    const app = clone(host);
    const ends: (number | undefined)[] = [];
    app.onExit(({ exitCode }) => ends.push(exitCode));
    const ran: number[] = [];
    app.sys.schedule(SECOND, () => ran.push(1));
    app.sys.exit(3);
    app.sys.exit(4);
    host.clock.advance(2 * SECOND);
    expect(ends).toEqual([3]);
    expect(ran).toEqual([]);
    expect(host.processes.get(app.pid)).toBeUndefined();
    expect(app.sys.socket('inet', 'stream')).toEqual({ ok: false, error: 'ESRCH' });
    expect(host.clock.pending).toBe(0);
  });

  test('by a signal is 128 and the number', () => {
    const host = boot();
    const app = clone(host);
    expect(host.processes.kill(app.pid, SIGTERM)).toBeUndefined();
    expect([app.state, app.exitCode, app.signal]).toEqual(['exited', 143, 15]);
    expect(host.processes.kill(app.pid, SIGTERM)).toBe('ESRCH');
  });

  test('frees its ports at once', () => {
    const host = boot();
    const bind = (process: Process) => {
      const socket = process.sys.socket('inet', 'dgram');
      return socket.ok ? socket.value.bind(0 as never, 53) : socket.error;
    };
    const [one, two] = [clone(host), clone(host)];
    expect([bind(one), bind(two)]).toEqual([undefined, 'EADDRINUSE']);
    one.sys.exit(0);
    expect(bind(two)).toBeUndefined();
  });

  test('as PID 1 ends everyone in its PID namespace', () => {
    const host = boot();
    const sandbox = pause(host, ['pid']);
    const app = clone(host, { join: { of: sandbox, kinds: ['pid', 'net'] } });
    host.processes.kill(sandbox.pid, SIGKILL);
    expect([app.state, app.exitCode]).toEqual(['exited', 137]);
  });
});

describe('signals', () => {
  test('reach a handler instead of ending the process', () => {
    const host = boot();
    const app = clone(host);
    let caught = 0;
    app.sys.onSignal(SIGTERM, () => caught++);
    host.processes.kill(app.pid, SIGTERM);
    expect([caught, app.state]).toEqual([1, 'running']);
  });

  test('without a handler do not touch PID 1 of a namespace, but SIGKILL from outside does', () => {
    const host = boot();
    const init = pause(host, ['pid']);
    const app = clone(host, { join: { of: init, kinds: ['pid'] } });
    host.processes.kill(init.pid, SIGTERM);
    app.sys.kill(1, SIGKILL);
    expect(init.state).toBe('running');
    host.processes.kill(init.pid, SIGKILL);
    expect(init.state).toBe('exited');
  });

  test.each([
    ['to another user', 1000, SIGTERM, 'EPERM'],
    ['0 to a living process', 0, 0, undefined],
    ['beyond 64', 0, 65, 'EINVAL'],
  ])('%s', (_case, uid, signal, errno) => {
    const host = boot();
    const target = clone(host);
    expect(clone(host, { uid }).sys.kill(target.pid, signal)).toBe(errno);
  });
});

describe('sysctls of message queues', () => {
  const set = (host: Host, key: string, value: string, netns?: string) => {
    const applied = host.apply([
      { op: 'sysctl.set', key, value, ...(netns === undefined ? {} : { netns }) },
    ]);
    return applied.ok ? 'ok' : applied.error.message;
  };

  test('go to the IPC namespace of the pod that lives in the network namespace', () => {
    const host = boot();
    const [one, other] = [pause(host), pause(host)];
    host.apply([
      { op: 'netns.attach', name: 'one', pid: one.pid },
      { op: 'netns.attach', name: 'other', pid: other.pid },
    ]);
    expect(set(host, 'fs.mqueue.msg_max', '20', 'one')).toBe('ok');
    const app = clone(host, { join: { of: one, kinds: ['net', 'ipc'] } });
    const open = (process: Process) =>
      process.sys.mqOpen('/q', {
        access: 'read-write',
        create: true,
        maxMessages: 20,
        messageBytes: 100,
      });
    expect(open(app).ok).toBe(true);
    expect(open(other)).toEqual({ ok: false, error: 'EINVAL' });
    expect(host.processes.rootIpc.sysctl('fs.mqueue.msg_max')).toBe(10);
  });

  test('go to the host where no process lives in the network namespace', () => {
    const host = boot();
    host.apply([{ op: 'netns.add', name: 'empty' }]);
    expect(set(host, 'kernel.msgmax', '4096', 'empty')).toBe('ok');
    expect(set(host, 'kernel.msgmnb', '8192')).toBe('ok');
    expect(host.processes.rootIpc.sysctl('kernel.msgmax')).toBe(4096);
    expect(host.processes.rootIpc.sysctl('kernel.msgmnb')).toBe(8192);
  });

  test.each([
    ['kernel.msgmax', '-1'],
    ['kernel.msgmni', '32769'],
    ['fs.mqueue.msg_max', '0'],
    ['fs.mqueue.msgsize_max', '127'],
    ['fs.mqueue.msg_max', 'many'],
  ])('%s refuses %s', (key, value) => {
    const host = boot();
    expect(set(host, key, value)).toBe(`sysctl: setting key "${key}": Invalid argument`);
  });

  test('are put back when a later op fails', () => {
    const host = boot();
    const applied = host.apply([
      { op: 'sysctl.set', key: 'kernel.msgmax', value: '1' },
      { op: 'link.del', name: 'none' },
    ]);
    expect(applied.ok).toBe(false);
    expect(host.processes.rootIpc.sysctl('kernel.msgmax')).toBe(8192);
  });
});
