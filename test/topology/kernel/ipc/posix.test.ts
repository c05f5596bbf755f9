import { describe, expect, test } from '@jest/globals';
import type { MqOpenOptions } from '../../../../topology/kernel/index.js';
import {
  type IpcCaller,
  IpcNamespace,
  MessageQueueCharges,
} from '../../../../topology/kernel/ipc/index.js';

const octets = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
const CREATE: MqOpenOptions = { access: 'read-write', create: true };

function caller(uid = 0, umask = 0o022): IpcCaller {
  let fd = 3;
  return {
    pid: 100 + uid,
    uid,
    comm: 'app',
    umask,
    nextFd: () => fd++,
    releaseFd: () => undefined,
  };
}

function namespace(charges = new MessageQueueCharges()) {
  return new IpcNamespace({ inode: 1, charges, nowNs: () => 0 });
}

function open(ns: IpcNamespace, name: string, options: MqOpenOptions = CREATE, by = caller()) {
  const opened = ns.posix.open(by, name, options);
  if (!opened.ok) throw new Error(opened.error);
  return opened.value;
}

describe('mq_open', () => {
  test.each([
    ['a missing queue', '/q', { access: 'read-write' }, 'ENOENT'],
    ['a name without slash', 'q', CREATE, 'EINVAL'],
    ['the name /', '/', CREATE, 'ENOENT'],
    ['a name with two slashes', '/a/b', CREATE, 'EACCES'],
    ['a name of 255 characters', `/${'n'.repeat(255)}`, CREATE, 'OK'],
    ['a name of 256 characters', `/${'n'.repeat(256)}`, CREATE, 'ENAMETOOLONG'],
    ['11 messages', '/q', { ...CREATE, maxMessages: 11, messageBytes: 8192 }, 'EINVAL'],
    ['8193 octets', '/q', { ...CREATE, maxMessages: 10, messageBytes: 8193 }, 'EINVAL'],
    ['no messages', '/q', { ...CREATE, maxMessages: 0, messageBytes: 10 }, 'EINVAL'],
    ['no octets', '/q', { ...CREATE, maxMessages: 10, messageBytes: 0 }, 'EINVAL'],
    ['-1 messages', '/q', { ...CREATE, maxMessages: -1, messageBytes: 10 }, 'EINVAL'],
    ['10 of 8192', '/q', { ...CREATE, maxMessages: 10, messageBytes: 8192 }, 'OK'],
    ['1 of 1', '/q', { ...CREATE, maxMessages: 1, messageBytes: 1 }, 'OK'],
  ] as const)('of %s', (_case, name, options, expected) => {
    const result = namespace().posix.open(caller(), name, options);
    expect(result.ok ? 'OK' : result.error).toBe(expected);
  });

  test('gives 10 messages of 8192 octets by default and ignores attributes of what exists', () => {
    const ns = namespace();
    const attributes = {
      nonBlocking: false,
      maxMessages: 10,
      messageBytes: 8192,
      currentMessages: 0,
    };
    expect(open(ns, '/q').attributes()).toEqual(attributes);
    expect(open(ns, '/q', { ...CREATE, maxMessages: 1 }).attributes()).toEqual(attributes);
    const again = ns.posix.open(caller(), '/q', { ...CREATE, exclusive: true });
    expect(again).toEqual({ ok: false, error: 'EEXIST' });
  });

  test.each([
    ['0600, read and write', 0o600, 'read-write', 0o022, 'EACCES'],
    ['0622, write', 0o622, 'write', 0, 'OK'],
    ['0622, read and write', 0o622, 'read-write', 0, 'EACCES'],
    ['0666, read and write', 0o666, 'read-write', 0, 'OK'],
    ['0666 under umask 022', 0o666, 'read-write', 0o022, 'EACCES'],
  ] as const)('by another uid: %s', (_case, mode, access, umask, expected) => {
    const ns = namespace();
    open(ns, '/q', { ...CREATE, mode }, caller(0, umask));
    const result = ns.posix.open(caller(1000), '/q', { access });
    expect(result.ok ? 'OK' : result.error).toBe(expected);
  });

  test('gives each uid nine default queues: the tenth is EMFILE, even in another namespace and after unlink', () => {
    const charges = new MessageQueueCharges();
    const [one, two] = [namespace(charges), namespace(charges)];
    const user = caller(1000);
    const queues = Array.from({ length: 9 }, (_, index) => open(one, `/q${index}`, CREATE, user));
    expect(two.posix.open(user, '/q9', CREATE)).toEqual({ ok: false, error: 'EMFILE' });
    expect(one.posix.unlink(user, '/q0')).toBeUndefined();
    expect(one.posix.open(user, '/q9', CREATE)).toEqual({ ok: false, error: 'EMFILE' });
    queues[0]?.close();
    expect(one.posix.open(user, '/q9', CREATE).ok).toBe(true);
    expect(two.posix.open(caller(1001), '/q', CREATE).ok).toBe(true);
  });

  test('gives 256 queues to a namespace, then ENOSPC', () => {
    const ns = namespace();
    const tiny = { ...CREATE, maxMessages: 1, messageBytes: 1 };
    for (let index = 0; index < 256; index++) open(ns, `/q${index}`, tiny);
    expect(ns.posix.open(caller(), '/more', tiny)).toEqual({ ok: false, error: 'ENOSPC' });
  });
});

describe('a POSIX queue', () => {
  const small = { ...CREATE, maxMessages: 3, messageBytes: 16 };

  test('orders by priority, then by age', () => {
    const queue = open(namespace(), '/q', small);
    queue.send(octets('a'), 5);
    queue.send(octets('b'), 5);
    queue.send(octets('c'), 7);
    const order = [1, 2, 3].map(() => queue.receive(16));
    expect(order).toEqual([
      { ok: true, value: { octets: octets('c'), priority: 7 } },
      { ok: true, value: { octets: octets('a'), priority: 5 } },
      { ok: true, value: { octets: octets('b'), priority: 5 } },
    ]);
  });

  test('refuses what Linux refuses', () => {
    const ns = namespace();
    const queue = open(ns, '/q', small);
    expect(queue.receive(16)).toEqual({ ok: false, error: 'EAGAIN' });
    expect(queue.receive(15)).toEqual({ ok: false, error: 'EMSGSIZE' });
    expect(queue.send(new Uint8Array(17), 0)).toBe('EMSGSIZE');
    expect(queue.send(octets('x'), 32768)).toBe('EINVAL');
    expect([0, 32767, 1].map((priority) => queue.send(octets(''), priority))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(queue.send(octets('x'), 0)).toBe('EAGAIN');
    expect(open(ns, '/q', { access: 'read' }).send(octets('x'), 0)).toBe('EBADF');
    expect(open(ns, '/q', { access: 'write' }).receive(16)).toEqual({ ok: false, error: 'EBADF' });
    queue.close();
    expect(queue.send(octets('x'), 0)).toBe('EBADF');
  });

  test('lives on without a name while it is open; a new one of that name is another', () => {
    const ns = namespace();
    const old = open(ns, '/q', small);
    old.send(octets('f'), 0);
    expect(ns.posix.unlink(caller(), '/q')).toBeUndefined();
    expect(ns.posix.unlink(caller(), '/q')).toBe('ENOENT');
    expect(ns.posix.open(caller(), '/q', { access: 'read' })).toEqual({
      ok: false,
      error: 'ENOENT',
    });
    expect(open(ns, '/q', small).attributes().currentMessages).toBe(0);
    expect(old.attributes().currentMessages).toBe(1);
  });

  test('is not for another uid to unlink', () => {
    const ns = namespace();
    open(ns, '/q', { ...CREATE, mode: 0o666 }, caller(0, 0));
    expect(ns.posix.unlink(caller(1000), '/q')).toBe('EACCES');
  });

  test('serves those who wait in the order they asked', () => {
    const ns = namespace();
    const writer = open(ns, '/q', small);
    const got: string[] = [];
    const readers = ['late', 'early'].map((name) => {
      const reader = open(ns, '/q', { access: 'read' });
      reader.onReady = () => {
        const message = reader.receive(16);
        if (message.ok) got.push(`${name}:${String.fromCharCode(...message.value.octets)}`);
      };
      return reader;
    });
    readers[1]?.receive(16);
    readers[0]?.receive(16);
    writer.send(octets('one'), 0);
    writer.send(octets('two'), 0);
    expect(got).toEqual(['early:one', 'late:two']);
  });

  test('is shown with depth and who has it open', () => {
    const ns = namespace();
    open(ns, '/view', small).send(octets('12345678'), 0);
    expect(ns.queues()).toEqual([
      {
        kind: 'posix',
        name: '/view',
        uid: 0,
        mode: 0o600,
        linked: true,
        maxMessages: 3,
        messageBytes: 16,
        currentMessages: 1,
        bytes: 8,
        openBy: [{ pid: 100, comm: 'app', access: 'read-write' }],
      },
    ]);
  });
});
