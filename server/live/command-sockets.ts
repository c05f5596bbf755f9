import type { Server, Socket } from 'socket.io';
import type { Answer, Commands } from '../contract/live.js';
import { shapeProblem } from './request-shape.js';

/** Carries out one command; a thrown error becomes an answer with `ok: false`. */
export type CommandHandlers = {
  readonly [Name in keyof Commands]: (
    request: Commands[Name]['request'],
  ) => Promise<Answer<Commands[Name]['value']>>;
};

/** Commands one page may send per second; more are refused. */
const COMMANDS_PER_SECOND = 50;
/** Commands of one page that may be under way; more are refused. */
const MOST_AT_ONCE = COMMANDS_PER_SECOND;
/** Commands that are refused for being too many before the connection is closed. */
const MOST_REFUSED = 1000;

/** Namespaces of the connection: of the default cluster, and of the others below their prefix. */
const COMMANDS = /^(?:\/clusters\/([^/]+))?\/commands$/;

/** What the namespaces of commands are made from. */
export interface CommandSockets {
  /** What carries out the commands of a cluster; of the default one for an empty name. */
  readonly find: (name: string) => CommandHandlers | undefined;
  /** Told of every connection. */
  readonly keep: (socket: Socket) => void;
}

/** Takes the commands of pages. Each is answered, in words when it cannot be carried out. */
export function attachCommands(io: Server, { find, keep }: CommandSockets): void {
  const handlersOf = (namespace: string): CommandHandlers | undefined => {
    const match = COMMANDS.exec(namespace);
    return match === null ? undefined : find(match[1] ?? '');
  };
  const commands = io.of((name, _auth, next) => next(null, handlersOf(name) !== undefined));
  commands.on('connection', (socket) => {
    keep(socket);
    const handlers = handlersOf(socket.nsp.name);
    if (handlers !== undefined) takeCommands(socket, handlers);
  });
}

function takeCommands(socket: Socket, handlers: CommandHandlers): void {
  const allowance = createAllowance();
  const names: ReadonlySet<string> = new Set(Object.keys(handlers));
  let underWay = 0;
  let refused = 0;
  const refusal = (name: string): string | undefined => {
    if (!allowance()) return `too many commands: at most ${COMMANDS_PER_SECOND} a second`;
    if (underWay >= MOST_AT_ONCE) return `too many commands: at most ${MOST_AT_ONCE} at once`;
    return names.has(name) ? undefined : `there is no command '${name.slice(0, 60)}'`;
  };
  socket.onAny(async (name: string, ...args: readonly unknown[]) => {
    const acknowledge = args.at(-1);
    const error = refusal(name);
    if (error !== undefined) {
      refused += 1;
      if (typeof acknowledge === 'function') acknowledge({ ok: false, error });
      if (refused > MOST_REFUSED) socket.conn.close();
      return;
    }
    refused = 0;
    // What nobody wants to know the outcome of is not carried out.
    if (typeof acknowledge !== 'function') return;
    underWay += 1;
    const answer = await run(handlers, name as keyof Commands, args[0]);
    underWay -= 1;
    acknowledge(answer);
  });
}

async function run(
  handlers: CommandHandlers,
  name: keyof Commands,
  request: unknown,
): Promise<Answer<unknown>> {
  const problem = shapeProblem(name, request);
  if (problem !== undefined) return { ok: false, error: problem };
  try {
    return await (handlers[name] as (request: unknown) => Promise<Answer<unknown>>)(request);
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) };
  }
}

/** A bucket that refills with real time. */
function createAllowance(): () => boolean {
  let left = COMMANDS_PER_SECOND;
  let filledMs = performance.now();
  return () => {
    const nowMs = performance.now();
    left = Math.min(COMMANDS_PER_SECOND, left + ((nowMs - filledMs) * COMMANDS_PER_SECOND) / 1000);
    filledMs = nowMs;
    if (left < 1) return false;
    left -= 1;
    return true;
  };
}
