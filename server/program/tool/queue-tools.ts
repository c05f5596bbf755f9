/**
 * Message queues: `ipcs`, `ipcmk`, `ipcrm` of util-linux for System V, and `mq`, podnet's own, for both kinds.
 *
 * `mq send|recv|stat|unlink /name …` works on POSIX queues, `mq msgsnd|msgrcv KEY …` on System V ones.
 */
import { decodeUtf8, encodeUtf8, strerror } from '../../../topology/index.js';
import { parseOptions, type Tool, type ToolIo } from './tool.js';

const USAGE =
  'usage: mq create|send|recv|stat|unlink /NAME [TEXT] [-p PRIORITY] [-n]\n       mq msgsnd|msgrcv KEY [TEXT] [-t TYPE] [-n]\n';

const mq: Tool = async (io) => {
  const options = parseOptions(io.args, { flags: 'n', withValue: ['p', 't', 'm', 's'] });
  const [verb = '', name = '', text] = options.rest;
  switch (verb) {
    case 'create':
    case 'send':
    case 'recv':
    case 'stat':
      return posix(io, { verb, name, text, options });
    case 'unlink': {
      const failure = io.sys.mqUnlink(name);
      return failure === undefined ? 0 : io.fail(`mq_unlink ${name}: ${strerror(failure)}`);
    }
    case 'msgsnd':
    case 'msgrcv':
      return systemV(io, { verb, key: Number(name), text, options });
    default:
      await io.err(USAGE);
      return 2;
  }
};

type Options = ReturnType<typeof parseOptions>;

async function posix(
  io: ToolIo,
  how: {
    readonly verb: string;
    readonly name: string;
    readonly text: string | undefined;
    readonly options: Options;
  },
): Promise<number> {
  const { verb, name, text, options } = how;
  const creates = verb === 'create' || verb === 'send' || verb === 'recv';
  const opened = io.sys.mqOpen(name, {
    access: verb === 'send' ? 'write' : verb === 'recv' || verb === 'stat' ? 'read' : 'read-write',
    create: creates,
    mode: 0o666,
    ...(options.values.has('m') ? { maxMessages: Number(options.values.get('m')) } : {}),
    ...(options.values.has('s') ? { messageBytes: Number(options.values.get('s')) } : {}),
  });
  if (!opened.ok) return io.fail(`mq_open ${name}: ${strerror(opened.error)}`);
  const queue = opened.value;
  const blocking = !options.flags.has('n');
  const changed = () =>
    new Promise<void>((resolve) => {
      queue.onReady = () => {
        queue.onReady = undefined;
        resolve();
      };
    });
  try {
    if (verb === 'create') return 0;
    if (verb === 'stat') {
      const { maxMessages, messageBytes, currentMessages } = queue.attributes();
      await io.out(`maxmsg=${maxMessages} msgsize=${messageBytes} curmsgs=${currentMessages}\n`);
      return 0;
    }
    for (;;) {
      const failure =
        verb === 'send'
          ? queue.send(encodeUtf8(text ?? ''), Number(options.values.get('p') ?? 0))
          : undefined;
      if (verb === 'send' && failure === undefined) return 0;
      const got = verb === 'recv' ? queue.receive(queue.attributes().messageBytes) : undefined;
      if (got?.ok === true) {
        await io.out(`${decodeUtf8(got.value.octets)}\n`);
        return 0;
      }
      const errno = failure ?? (got?.ok === false ? got.error : 'EINVAL');
      if (errno !== 'EAGAIN' || !blocking)
        return await io.fail(
          `mq_${verb === 'send' ? 'send' : 'receive'} ${name}: ${strerror(errno)}`,
        );
      await changed();
    }
  } finally {
    queue.close();
  }
}

async function systemV(
  io: ToolIo,
  how: {
    readonly verb: string;
    readonly key: number;
    readonly text: string | undefined;
    readonly options: Options;
  },
): Promise<number> {
  const { verb, key, text, options } = how;
  const found = io.sys.msgget(key, { create: true, mode: 0o666 });
  if (!found.ok) return io.fail(`msgget: ${strerror(found.error)}`);
  const type = Number(options.values.get('t') ?? (verb === 'msgsnd' ? 1 : 0));
  for (;;) {
    const failure =
      verb === 'msgsnd'
        ? io.sys.msgsnd(
            found.value,
            { type, octets: encodeUtf8(text ?? '') },
            { nonBlocking: true },
          )
        : undefined;
    if (verb === 'msgsnd' && failure === undefined) return 0;
    const got =
      verb === 'msgrcv' ? io.sys.msgrcv(found.value, { type, maxBytes: 8192 }) : undefined;
    if (got?.ok === true) {
      await io.out(`${got.value.type} ${decodeUtf8(got.value.octets)}\n`);
      return 0;
    }
    const errno = failure ?? (got?.ok === false ? got.error : 'EINVAL');
    const waits = (errno === 'EAGAIN' || errno === 'ENOMSG') && !options.flags.has('n');
    if (!waits) return io.fail(`${verb}: ${strerror(errno)}`);
    await new Promise<void>((resolve) => {
      const stop = io.sys.msgWatch(found.value, () => {
        stop();
        resolve();
      });
    });
  }
}

const ipcs: Tool = async (io) => {
  const letters = new Set(
    io.args.filter((arg) => /^-[a-z]/i.test(arg)).flatMap((arg) => [...arg.slice(1)]),
  );
  const wrong = [...letters].find((letter) => !'mqsaltpcuibhV'.includes(letter));
  if (wrong !== undefined) {
    await io.err(`ipcs: invalid option -- '${wrong}'\nTry 'ipcs --help' for more information.\n`);
    return 1;
  }
  const all = !letters.has('q') && !letters.has('m') && !letters.has('s');
  const kinds = letters.has('l') ? limits(io) : letters.has('u') ? usage(io) : tables(io);
  for (const [letter, text] of [
    ['q', kinds.queues],
    ['m', kinds.memory],
    ['s', kinds.semaphores],
  ] as const)
    if (all || letters.has(letter)) await io.out(`\n${text}`);
  await io.out('\n');
  return 0;
};

interface Sections {
  readonly queues: string;
  readonly memory: string;
  readonly semaphores: string;
}

function tables(io: ToolIo): Sections {
  const rows = (io.guest.request.viewer?.sysvQueues() ?? []).map((queue) => {
    const key = `0x${(queue.key >>> 0).toString(16).padStart(8, '0')}`;
    const cells = [
      key.padEnd(10),
      String(queue.id).padEnd(10),
      queue.owner.padEnd(10),
      queue.mode.toString(8).padEnd(10),
      String(queue.usedBytes).padEnd(12),
      String(queue.messages).padEnd(12),
    ];
    return `${cells.join(' ')}\n`;
  });
  return {
    queues: `------ Message Queues --------\nkey        msqid      owner      perms      used-bytes   messages    \n${rows.join('')}`,
    memory:
      '------ Shared Memory Segments --------\nkey        shmid      owner      perms      bytes      nattch     status      \n',
    semaphores:
      '------ Semaphore Arrays --------\nkey        semid      owner      perms      nsems     \n',
  };
}

/** Limits of queues are those of the IPC namespace, the others Linux's own. */
function limits(io: ToolIo): Sections {
  const limit = (key: string) => io.guest.request.viewer?.sysctl(`kernel.${key}`) ?? '0';
  return {
    queues: `------ Messages Limits --------\nmax queues system wide = ${limit('msgmni')}\nmax size of message (bytes) = ${limit('msgmax')}\ndefault max size of queue (bytes) = ${limit('msgmnb')}\n`,
    memory:
      '------ Shared Memory Limits --------\nmax number of segments = 4096\nmax seg size (kbytes) = 18014398509465599\nmax total shared memory (kbytes) = 18446744073709551612\nmin seg size (bytes) = 1\n',
    semaphores:
      '------ Semaphore Limits --------\nmax number of arrays = 32000\nmax semaphores per array = 32000\nmax semaphores system wide = 1024000000\nmax ops per semop call = 500\nsemaphore max value = 32767\n',
  };
}

function usage(io: ToolIo): Sections {
  const queues = io.guest.request.viewer?.sysvQueues() ?? [];
  const messages = queues.reduce((sum, queue) => sum + queue.messages, 0);
  const bytes = queues.reduce((sum, queue) => sum + queue.usedBytes, 0);
  return {
    queues: `------ Messages Status --------\nallocated queues = ${queues.length}\nused headers = ${messages}\nused space = ${bytes} bytes\n`,
    memory:
      '------ Shared Memory Status --------\nsegments allocated 0\npages allocated 0\npages resident  0\npages swapped   0\nSwap performance: 0 attempts\t 0 successes\n',
    semaphores: '------ Semaphore Status --------\nused arrays = 0\nallocated semaphores = 0\n',
  };
}

const ipcmk: Tool = async (io) => {
  if (!io.args.some((arg) => arg === '-Q' || arg === '--queue'))
    return io.fail('podnet makes message queues only: use -Q');
  const key = Math.floor(io.guest.request.random() * 0xffffffff) + 1;
  const made = io.sys.msgget(key, { create: true, exclusive: true, mode: 0o644 });
  if (!made.ok) return io.fail(`create message queue failed: ${strerror(made.error)}`);
  await io.out(`Message queue id: ${made.value}\n`);
  return 0;
};

const ipcrm: Tool = async (io) => {
  const options = parseOptions(io.args, { flags: '', withValue: ['q', 'Q'] });
  const key = options.values.get('Q');
  const byKey = key === undefined ? undefined : io.sys.msgget(Number(key), {});
  const id =
    byKey?.ok === true ? byKey.value : Number(options.values.get('q') ?? options.rest.at(-1));
  if (byKey?.ok === false) return io.fail(`invalid key (${key})`);
  const failure = io.sys.msgctlRemove(id);
  return failure === undefined
    ? 0
    : io.fail(failure === 'EINVAL' ? `invalid id (${id})` : strerror(failure));
};

/** Queue tools by name. */
export const QUEUE_TOOLS: Readonly<Record<string, Tool>> = { mq, ipcs, ipcmk, ipcrm };
