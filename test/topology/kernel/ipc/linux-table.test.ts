import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { MessageQueueDescriptor, MqOpenOptions } from '../../../../topology/kernel/index.js';
import {
  IPC_SYSCTL_DEFAULTS,
  type IpcCaller,
  IpcNamespace,
  MessageQueueCharges,
  RLIMIT_MSGQUEUE_BYTES,
} from '../../../../topology/kernel/ipc/index.js';

/** What Linux 6.18 answered to each case, by block. */
const table = JSON.parse(
  readFileSync(new URL('../../../fixture/linux/mq.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, readonly (readonly [name: string, result: unknown])[]>>;

type Answers = Readonly<Record<string, () => unknown>>;

const RDWR: MqOpenOptions = { access: 'read-write' };
const CREATE: MqOpenOptions = { ...RDWR, create: true };
const LIMITS = [RLIMIT_MSGQUEUE_BYTES, RLIMIT_MSGQUEUE_BYTES];

const octets = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
const textOf = (bytes: Uint8Array) => String.fromCharCode(...bytes);
const answer = (result: { readonly ok: boolean; readonly error?: unknown }) =>
  result.ok ? 'OK' : result.error;

function caller(uid = 0, umask = 0): IpcCaller {
  let fd = 3;
  const nextFd = () => fd++;
  return { pid: 100 + uid, uid, comm: 'app', umask, nextFd, releaseFd: () => undefined };
}

function space(charges = new MessageQueueCharges()): IpcNamespace {
  return new IpcNamespace({ inode: 1, charges, nowNs: () => 0 });
}

function opened(
  ns: IpcNamespace,
  name: string,
  options: MqOpenOptions = CREATE,
  by = caller(),
): MessageQueueDescriptor {
  const made = ns.posix.open(by, name, options);
  if (!made.ok) throw new Error(made.error);
  return made.value;
}

function attributes(queue: MessageQueueDescriptor): unknown {
  const { nonBlocking, maxMessages, messageBytes, currentMessages } = queue.attributes();
  return {
    flags: nonBlocking ? 'O_NONBLOCK' : 0,
    maxmsg: maxMessages,
    msgsize: messageBytes,
    curmsgs: currentMessages,
  };
}

function received(queue: MessageQueueDescriptor): unknown {
  const got = queue.receive(8192);
  return got.ok ? [textOf(got.value.octets), got.value.priority] : got.error;
}

function drained(queue: MessageQueueDescriptor): unknown[] {
  return Array.from({ length: queue.attributes().currentMessages }, () => received(queue));
}

function sent(
  queue: MessageQueueDescriptor,
  ...messages: readonly (readonly [string, number])[]
): MessageQueueDescriptor {
  for (const [text, priority] of messages) queue.send(octets(text), priority);
  return queue;
}

/** Opens queues until one is refused: how many there were, and the errno. */
function fill(open: (index: number) => ReturnType<IpcNamespace['posix']['open']>): unknown {
  for (let index = 0; ; index++) {
    const made = open(index);
    if (!made.ok) return [index, made.error];
  }
}

const sized = (maxMessages: number, messageBytes: number): MqOpenOptions => {
  return { ...CREATE, maxMessages, messageBytes };
};
const small = () => opened(space(), '/q', { ...sized(3, 16), nonBlocking: true });
const full = () => sent(small(), ['e', 0], ['f', 0], ['g', 0]);

function creation(uid: number): Answers {
  const by = caller(uid);
  const open = (name: string, options: MqOpenOptions) =>
    answer(space().posix.open(by, name, options));
  return {
    'open missing, O_RDWR': () => open('/q', RDWR),
    'create without leading slash': () => open('q', CREATE),
    "name '/'": () => open('/', CREATE),
    "name '/a/b'": () => open('/a/b', CREATE),
    'name of 255 chars after slash': () => open(`/${'n'.repeat(255)}`, CREATE),
    'name of 256 chars after slash': () => open(`/${'n'.repeat(256)}`, CREATE),
    'create with attr NULL': () => open('/q', CREATE),
    '  default attr': () => attributes(opened(space(), '/q', CREATE, by)),
    'O_CREAT|O_EXCL on existing': () => {
      const ns = space();
      opened(ns, '/q', CREATE, by);
      return answer(ns.posix.open(by, '/q', { ...CREATE, exclusive: true }));
    },
    'O_CREAT on existing with other attr: attr ignored': () => {
      const ns = space();
      opened(ns, '/q', CREATE, by);
      return attributes(opened(ns, '/q', sized(2, 8), by));
    },
    ...Object.fromEntries(
      [
        [11, 8192],
        [10, 8193],
        [0, 10],
        [10, 0],
        [-1, 10],
        [10, 8192],
        [1, 1],
      ].map(([max = 0, size = 0]) => [
        `create maxmsg=${max} msgsize=${size}`,
        () => open('/q', sized(max, size)),
      ]),
    ),
  };
}

/** A queue that lost its name while it was open, and its successor. */
function unlinked() {
  const ns = space();
  const old = sent(
    opened(ns, '/q', { ...sized(3, 16), nonBlocking: true }),
    ['f', 0],
    ['g', 0],
    ['h', 0],
  );
  const errno = ns.posix.unlink(caller(), '/q');
  return { ns, old, errno };
}

/** Two that wait to receive, and what each got. */
function waiting(): string[] {
  const ns = space();
  const got: string[] = [];
  const sender = opened(ns, '/q');
  for (const index of [0, 1]) {
    const queue = opened(ns, '/q', RDWR);
    const look = () => {
      const message = queue.receive(8192);
      if (!message.ok) return;
      got.push(`${index}:${textOf(message.value.octets)}`);
      queue.onReady = undefined;
    };
    queue.onReady = look;
    look();
  }
  sent(sender, ['one', 0], ['two', 0]);
  return got;
}

function notified(times: number): { readonly signals: number; readonly second: unknown } {
  const queue = small();
  let signals = 0;
  queue.notify(() => signals++);
  const second = queue.notify(() => undefined);
  for (let index = 0; index < times; index++) {
    sent(queue, ['x', 0]);
    received(queue);
  }
  return { signals, second };
}

const behaviour: Answers = {
  'created maxmsg=3 msgsize=16 O_NONBLOCK': () => attributes(small()),
  'receive empty, O_NONBLOCK': () => received(small()),
  'receive buffer smaller than msgsize': () => answer(sent(small(), ['x', 0]).receive(15)),
  'send 17 bytes': () => small().send(new Uint8Array(17), 0),
  'send 0 bytes': () => small().send(new Uint8Array(0), 0) ?? 'OK',
  '  receive gives empty message': () => received(sent(small(), ['', 0])),
  'priority 32767': () => small().send(octets('x'), 32767) ?? 'OK',
  'priority 32768': () => small().send(octets('x'), 32768),
  'send to full queue, O_NONBLOCK': () => full().send(octets('x'), 0),
  curmsgs: () => full().attributes().currentMessages,
  'receive order of (low,1)(high,9)(mid,5)': () =>
    drained(sent(small(), ['low', 1], ['high', 9], ['mid', 5])),
  'order (a,5)(b,5)(c,7): FIFO inside one priority': () =>
    drained(sent(small(), ['a', 5], ['b', 5], ['c', 7])),
  'send on O_RDONLY': () =>
    opened(space(), '/q', { ...CREATE, access: 'read' }).send(octets('x'), 0),
  'receive on O_WRONLY': () =>
    answer(opened(space(), '/q', { ...CREATE, access: 'write' }).receive(8192)),
  'O_NONBLOCK belongs to the descriptor, not the queue': () => {
    const ns = space();
    const first = opened(ns, '/q', { ...CREATE, nonBlocking: true });
    const second = opened(ns, '/q', RDWR);
    return [first, second].map((each) => (each.attributes().nonBlocking ? 'O_NONBLOCK' : 0));
  },
  'mq_unlink while open': () => unlinked().errno ?? 'OK',
  '  old descriptor still works': () => received(unlinked().old),
  '  open by name': () => answer(unlinked().ns.posix.open(caller(), '/q', RDWR)),
  '  create again: a different, empty queue': () =>
    attributes(opened(unlinked().ns, '/q', sized(2, 8))),
  '  old descriptor unaffected': () => {
    const { ns, old } = unlinked();
    received(old);
    opened(ns, '/q', sized(2, 8));
    return attributes(old);
  },
  'unlink missing': () => space().posix.unlink(caller(), '/q'),
  'close bad descriptor': () => {
    const queue = small();
    queue.close();
    return queue.close();
  },
  'send on closed descriptor': () => {
    const queue = small();
    queue.close();
    return queue.send(octets('x'), 0);
  },
  'queue and message outlive the creating process': () => {
    const ns = space();
    sent(opened(ns, '/q', CREATE, caller(7)), ['alive', 3]);
    ns.closeAllOf(107);
    return received(opened(ns, '/q', RDWR));
  },
  'two blocked receivers: served in order of waiting': waiting,
  'blocked sender completes when space appears': () => {
    const ns = space();
    const queue = sent(opened(ns, '/q', sized(1, 8)), ['1', 0]);
    const sender = opened(ns, '/q', RDWR);
    sender.onReady = () => sender.send(octets('2'), 9);
    sender.send(octets('2'), 9);
    return [received(queue), received(queue)];
  },
  mq_notify: () => small().notify(() => undefined) ?? 'OK',
  'second mq_notify': () => notified(0).second,
  'signal on empty->non-empty': () => notified(1).signals,
  'registration is one-shot': () => notified(2).signals,
};

function permitted(mode: number, access: MqOpenOptions['access'], umask = 0): unknown {
  const ns = space();
  opened(ns, '/q', { ...CREATE, mode }, caller(0, umask));
  return answer(ns.posix.open(caller(1000), '/q', { access }));
}

const permissions: Answers = {
  'other uid opens 0600 RDWR': () => permitted(0o600, 'read-write'),
  'opens 0622 for write only': () => permitted(0o622, 'write'),
  'opens 0622 RDWR': () => permitted(0o622, 'read-write'),
  'opens 0666 RDWR': () => permitted(0o666, 'read-write'),
  'queue made 0666 under umask 022, opened RDWR': () => permitted(0o666, 'read-write', 0o022),
  "other uid unlinks root's queue": () => {
    const ns = space();
    opened(ns, '/q', { ...CREATE, mode: 0o666 });
    return ns.posix.unlink(caller(1000), '/q');
  },
};

const user = caller(1000);

const exhaustion: Answers = {
  RLIMIT_MSGQUEUE: () => LIMITS,
  'queues with default attr (10 x 8192) that fit before the RLIMIT_MSGQUEUE error': () => {
    const ns = space();
    return fill((index) => ns.posix.open(user, `/q${index}`, CREATE));
  },
  'after unlink but descriptors still open': () => {
    const ns = space();
    for (let index = 0; index < 9; index++) {
      opened(ns, `/q${index}`, CREATE, user);
      ns.posix.unlink(user, `/q${index}`);
    }
    return answer(ns.posix.open(user, '/again', CREATE));
  },
};

function tiny(by: IpcCaller): unknown {
  const ns = space();
  return fill((index) => ns.posix.open(by, `/q${index}`, sized(1, 1)));
}

const root = caller();
const made = (ns: IpcNamespace, key: number, mode = 0o600) => {
  const got = ns.sysv.get(root, key, { create: true, mode });
  return got.ok ? got.value : -1;
};

/** A queue with messages of these types, and its id. */
function typed(...messages: readonly (readonly [number, string])[]) {
  const ns = space();
  const id = made(ns, 7);
  for (const [type, text] of messages) ns.sysv.send(root, id, { type, octets: octets(text) });
  const take = (
    type: number,
    how: { readonly maxBytes?: number; readonly noError?: boolean; readonly except?: boolean } = {},
  ) => {
    const got = ns.sysv.receive(root, id, { type, maxBytes: 8192, ...how });
    return got.ok ? [got.value.type, textOf(got.value.octets)] : got.error;
  };
  const send = (type: number, bytes: number) =>
    ns.sysv.send(root, id, { type, octets: new Uint8Array(bytes) }) ?? 'OK';
  return { ns, id, take, send };
}

/** A queue of 16384 octets. */
function brimming() {
  const queue = typed();
  queue.send(1, 8192);
  queue.send(1, 8192);
  return queue;
}

const mixed = () => typed([3, 'three'], [1, 'one'], [2, 'two'], [1, 'one-b']);

const sysv: Answers = {
  '/proc/sys/kernel/msgmax': () => IPC_SYSCTL_DEFAULTS['kernel.msgmax'],
  '/proc/sys/kernel/msgmnb': () => IPC_SYSCTL_DEFAULTS['kernel.msgmnb'],
  '/proc/sys/kernel/msgmni': () => IPC_SYSCTL_DEFAULTS['kernel.msgmni'],
  'msgget missing key': () => answer(space().sysv.get(root, 7, {})),
  'first msgget id in a new IPC namespace': () => made(space(), 7),
  'IPC_CREAT|IPC_EXCL on existing': () =>
    answer(typed().ns.sysv.get(root, 7, { create: true, exclusive: true })),
  'msgget same key returns the same id': () => {
    const { ns, id } = typed();
    return made(ns, 7) === id;
  },
  'IPC_PRIVATE twice gives different ids': () => {
    const ns = space();
    return new Set([made(ns, 0), made(ns, 0)]).size === 2;
  },
  'msgrcv empty IPC_NOWAIT': () => typed().take(0),
  'msgsnd type 0': () => typed().send(0, 1),
  'msgsnd > msgmax (8193)': () => typed().send(1, 8193),
  'msgsnd 8192 twice = msgmnb 16384 full': () => {
    const { send } = typed();
    return [send(1, 8192), send(1, 8192)];
  },
  'third (1 byte) IPC_NOWAIT': () => brimming().send(1, 1),
  '0-byte message when bytes are full': () => brimming().send(1, 0),
  'types sent 3,1,2,1; msgrcv type 2': () => mixed().take(2),
  'msgrcv type -2 (lowest <= 2)': () => mixed().take(-2),
  'msgrcv MSG_EXCEPT 1': () => mixed().take(1, { except: true }),
  'msgrcv type 7 (none)': () => mixed().take(7),
  'msgrcv type 0 (FIFO)': () => typed([1, 'one-b'], [2, 'x']).take(0),
  'msgrcv buffer 4, no MSG_NOERROR': () => typed([1, 'longer']).take(0, { maxBytes: 4 }),
  '  message is still there; with MSG_NOERROR truncated': () => {
    const { take } = typed([1, 'longer']);
    take(0, { maxBytes: 4 });
    return take(0, { maxBytes: 4, noError: true });
  },
  'msgctl IPC_RMID': () => {
    const { ns, id } = typed();
    return ns.sysv.remove(root, id) ?? 'OK';
  },
  '  blocked msgrcv gets': () => {
    const { ns, id, take } = typed();
    ns.sysv.watch(root, id, () => undefined);
    ns.sysv.remove(root, id);
    return take(0);
  },
  '  later msgsnd on removed id': () => {
    const { ns, id, send } = typed();
    ns.sysv.remove(root, id);
    return send(1, 1);
  },
  '  msgget recreates with id': () => {
    const ns = space();
    const id = made(ns, 7);
    made(ns, 0);
    made(ns, 0);
    ns.sysv.remove(root, id);
    return made(ns, 7);
  },
  'other uid on mode 0600 queue: msgget, msgsnd, msgrcv, IPC_RMID': () => {
    const { ns, id } = typed([1, 'x']);
    return [
      answer(ns.sysv.get(user, 7, { mode: 0o600 })),
      ns.sysv.send(user, id, { type: 1, octets: octets('x') }),
      answer(ns.sysv.receive(user, id, { type: 0, maxBytes: 10 })),
      ns.sysv.remove(user, id),
    ];
  },
};

const objects: Answers = {
  semget: () => answer(space().semaphores.get(root, 5, 3, { create: true })),
  'semget missing': () => answer(space().semaphores.get(root, 5, 3, {})),
  shmget: () => answer(space().segments.get(root, 5, 4096, { create: true })),
  'shmget bigger size on existing': () => {
    const { segments } = space();
    segments.get(root, 5, 4096, { create: true });
    return answer(segments.get(root, 5, 8192, {}));
  },
};

function pods() {
  const charges = new MessageQueueCharges();
  return { a: space(charges), b: space(charges) };
}

const sharing: Answers = {
  'container 1 of pod A creates /jobs and sends': () =>
    opened(pods().a, '/jobs').send(octets('hello'), 4) ?? 'OK',
  'container 2 of pod A receives': () => {
    const { a } = pods();
    sent(opened(a, '/jobs', CREATE, caller(1)), ['hello', 4]);
    return received(opened(a, '/jobs', RDWR, caller(0)));
  },
  'pod B opens /jobs': () => {
    const { a, b } = pods();
    opened(a, '/jobs');
    return answer(b.posix.open(root, '/jobs', RDWR));
  },
  'pod B creates its own /jobs: empty': () => {
    const { a, b } = pods();
    sent(opened(a, '/jobs'), ['hello', 4]);
    return opened(b, '/jobs').attributes().currentMessages;
  },
  'SysV: pod A msgget key 7 + send': () => typed().send(1, 2),
  'SysV: second container of pod A receives': () => typed([1, 'sv']).take(0),
  'SysV: pod B msgget key 7': () => {
    const { a, b } = pods();
    made(a, 7);
    return answer(b.sysv.get(root, 7, {}));
  },
  'pause (creator of the ns) killed while another reference to the ns exists: queue survives':
    () => {
      const { a } = pods();
      sent(opened(a, '/jobs', CREATE, caller(5)), ['hello', 4]);
      a.closeAllOf(105);
      return a.queues().length === 1;
    },
};

const files: Answers = {
  'cat /dev/mqueue/view': () => {
    const ns = space();
    sent(opened(ns, '/view'), ['12345678', 0]);
    const bytes = ns.queues().map(({ bytes: size }) => String(size).padEnd(10));
    return `QSIZE:${bytes} NOTIFY:0     SIGNO:0     NOTIFY_PID:0`;
  },
  'mode of the queue file': () => {
    const ns = space();
    opened(ns, '/view', { ...CREATE, mode: 0o640 });
    return ns.queues().map(({ mode }) => `0o${mode.toString(8)}`)[0];
  },
  ls: () => {
    const ns = space();
    opened(ns, '/view');
    return ns.queues().map((queue) => (queue.kind === 'posix' ? queue.name.slice(1) : ''));
  },
  'rm of the file = mq_unlink; mq_open then': () => {
    const ns = space();
    opened(ns, '/view');
    ns.posix.unlink(root, '/view');
    return answer(ns.posix.open(root, '/view', RDWR));
  },
};

const ANSWERS: Readonly<Record<string, Answers>> = {
  'posix-limits-in-a-new-ipc-namespace': {
    ...Object.fromEntries(
      (['msg_max', 'msgsize_max', 'queues_max', 'msg_default', 'msgsize_default'] as const).map(
        (key) => [`/proc/sys/fs/mqueue/${key}`, () => IPC_SYSCTL_DEFAULTS[`fs.mqueue.${key}`]],
      ),
    ),
    'RLIMIT_MSGQUEUE soft,hard bytes per UID': () => LIMITS,
  },
  'posix-as-root-without-CAP_SYS_RESOURCE': creation(0),
  'posix-as-uid-1000': creation(1000),
  'posix-behaviour': behaviour,
  'posix-permissions': permissions,
  'posix-exhaustion-uid-1000': exhaustion,
  'posix-queues_max-uid-1000': { 'tiny queues (1 x 1) until error': () => tiny(user) },
  'posix-queues_max-root-without-CAP_SYS_RESOURCE': {
    'root (no CAP_SYS_RESOURCE) creates up to 300': () => tiny(root),
  },
  'sysv-msg': sysv,
  'sysv-msgmni': {
    'msgmni=3: four msgget': () => {
      const ns = space();
      ns.setSysctl('kernel.msgmni', 3);
      return [1, 2, 3, 4].map((key) => answer(ns.sysv.get(root, key, { create: true })));
    },
  },
  'sysv-sem-shm': objects,
  'sharing-through-ipc-namespace': sharing,
  'mqueue-filesystem': files,
};

/** Rows that say nothing about the queues themselves, and why. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  'blocking descriptor, mq_timedsend 0.2 s on full':
    'who waits, and how long, is up to the program',
  'mq_timedsend with a past deadline on full': 'who waits, and how long, is up to the program',
  'mq_timedsend with tv_nsec 2e9 on full': 'deadlines are not timespecs here',
  'kernel.sem': 'a sysctl of the namespace, with those of its network',
  shmmax: 'a sysctl of the namespace, with those of its network',
  shmmni: 'a sysctl of the namespace, with those of its network',
  'last process/reference gone: queues are destroyed with the namespace': 'nothing was recorded',
  'mode of the mount root (sticky)': 'a container has no mqueue file system to look at',
};

describe.each(Object.entries(table))('%s', (block, rows) => {
  test.each(rows.filter(([name]) => LEFT_OUT[name] === undefined))('%s', (name, result) => {
    const give = ANSWERS[block]?.[name];
    expect(give === undefined ? 'no answer is written for this row' : give()).toEqual(result);
  });
});
