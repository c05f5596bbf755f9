import { describe, expect, test } from '@jest/globals';
import {
  type IpcCaller,
  IpcNamespace,
  MessageQueueCharges,
} from '../../../../topology/kernel/ipc/index.js';

const octets = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));

function caller(uid = 0): IpcCaller {
  return {
    pid: 100 + uid,
    uid,
    comm: 'app',
    umask: 0o022,
    nextFd: () => 3,
    releaseFd: () => undefined,
  };
}

function queues() {
  return new IpcNamespace({ inode: 1, charges: new MessageQueueCharges(), nowNs: () => 0 }).sysv;
}

const root = caller();

describe('msgget', () => {
  test('counts ids up from 0 and never gives an old one again', () => {
    const sysv = queues();
    expect(sysv.get(root, 7, {})).toEqual({ ok: false, error: 'ENOENT' });
    expect(sysv.get(root, 7, { create: true })).toEqual({ ok: true, value: 0 });
    expect(sysv.get(root, 7, { create: true })).toEqual({ ok: true, value: 0 });
    expect(sysv.get(root, 7, { create: true, exclusive: true })).toEqual({
      ok: false,
      error: 'EEXIST',
    });
    expect(sysv.get(root, 0, {})).toEqual({ ok: true, value: 1 });
    expect(sysv.get(root, 0, {})).toEqual({ ok: true, value: 2 });
    expect(sysv.remove(root, 0)).toBeUndefined();
    expect(sysv.get(root, 7, { create: true })).toEqual({ ok: true, value: 3 });
  });

  test('stops at kernel.msgmni', () => {
    const ns = new IpcNamespace({ inode: 1, charges: new MessageQueueCharges(), nowNs: () => 0 });
    ns.setSysctl('kernel.msgmni', 3);
    const results = [1, 2, 3, 4].map((key) => ns.sysv.get(root, key, { create: true }));
    expect(results.map((result) => (result.ok ? 'OK' : result.error))).toEqual([
      'OK',
      'OK',
      'OK',
      'ENOSPC',
    ]);
  });
});

describe('a System V queue', () => {
  const make = () => {
    const sysv = queues();
    sysv.get(root, 7, { create: true });
    return sysv;
  };
  const text = (result: ReturnType<ReturnType<typeof queues>['receive']>) =>
    result.ok ? [result.value.type, String.fromCharCode(...result.value.octets)] : result.error;

  test('refuses what Linux refuses', () => {
    const sysv = make();
    expect(text(sysv.receive(root, 0, { type: 0, maxBytes: 10 }))).toBe('ENOMSG');
    expect(sysv.send(root, 0, { type: 0, octets: octets('x') })).toBe('EINVAL');
    expect(sysv.send(root, 0, { type: 1, octets: new Uint8Array(8193) })).toBe('EINVAL');
    expect(sysv.send(root, 0, { type: 1, octets: new Uint8Array(8192) })).toBeUndefined();
    expect(sysv.send(root, 0, { type: 1, octets: new Uint8Array(8192) })).toBeUndefined();
    expect(sysv.send(root, 0, { type: 1, octets: octets('x') })).toBe('EAGAIN');
    expect(sysv.send(root, 0, { type: 1, octets: octets('') })).toBeUndefined();
  });

  test('gives messages by type', () => {
    const sysv = make();
    for (const [type, name] of [
      [3, 'three'],
      [1, 'one'],
      [2, 'two'],
      [1, 'one-b'],
    ] as const) {
      sysv.send(root, 0, { type, octets: octets(name) });
    }
    const take = (type: number) => text(sysv.receive(root, 0, { type, maxBytes: 100 }));
    expect(take(2)).toEqual([2, 'two']);
    expect(take(-2)).toEqual([1, 'one']);
    expect(take(7)).toBe('ENOMSG');
    expect(take(0)).toEqual([3, 'three']);
    expect(take(0)).toEqual([1, 'one-b']);
  });

  test('keeps a message that does not fit unless it may be cut', () => {
    const sysv = make();
    sysv.send(root, 0, { type: 1, octets: octets('longer') });
    expect(text(sysv.receive(root, 0, { type: 0, maxBytes: 4 }))).toBe('E2BIG');
    expect(text(sysv.receive(root, 0, { type: 0, maxBytes: 4, noError: true }))).toEqual([
      1,
      'long',
    ]);
  });

  test('tells who waits that it was removed, and who comes later that it is not there', () => {
    const sysv = make();
    const answers: unknown[] = [];
    const stop = sysv.watch(root, 0, () =>
      answers.push(text(sysv.receive(root, 0, { type: 0, maxBytes: 1 }))),
    );
    sysv.remove(root, 0);
    expect(answers).toEqual(['EIDRM']);
    stop();
    expect(sysv.send(root, 0, { type: 1, octets: octets('x') })).toBe('EINVAL');
  });

  test('of mode 0600 is closed to others', () => {
    const sysv = make();
    const other = caller(1000);
    expect(sysv.get(other, 7, { mode: 0o600 })).toEqual({ ok: false, error: 'EACCES' });
    expect(sysv.send(other, 0, { type: 1, octets: octets('x') })).toBe('EACCES');
    expect(text(sysv.receive(other, 0, { type: 0, maxBytes: 1 }))).toBe('EACCES');
    expect(sysv.remove(other, 0)).toBe('EPERM');
  });
});
