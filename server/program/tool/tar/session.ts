import type { ToolIo } from '../tool.js';
import type { TarOptions } from './options.js';
import type { TarWords } from './words.js';

/** One run of tar: what it was asked, its surroundings, and whether something went wrong on the way. */
export interface TarSession {
  readonly io: ToolIo;
  readonly options: TarOptions;
  readonly words: TarWords;
  /** An error was told that did not stop it. */
  hadErrors: boolean;
  /** Prefixes whose removal was told. */
  readonly toldPrefixes: Set<string>;
}

/** Says something on standard error, as `tar: …`. */
export async function say(session: TarSession, text: string): Promise<void> {
  await session.io.err(`tar: ${text}\n`);
}

/** Tells an error that does not stop it. */
export async function complain(session: TarSession, text: string): Promise<void> {
  session.hadErrors = true;
  await say(session, text);
}

/** Says that a part of names is left out, once for each part. */
export async function tellRemoved(session: TarSession, prefix: string): Promise<void> {
  if (prefix === '' || session.toldPrefixes.has(prefix)) return;
  session.toldPrefixes.add(prefix);
  await say(session, session.words.removing(prefix));
}

/** Tells an error that stops it; gives the status. */
export async function stop(session: TarSession, text: string): Promise<number> {
  await say(session, text);
  if (session.words.fatal !== undefined) await say(session, session.words.fatal);
  return session.words.failed;
}

/** The status of a run that came to its end. */
export async function finish(session: TarSession): Promise<number> {
  if (!session.hadErrors) return 0;
  if (session.words.delayed !== undefined) await say(session, session.words.delayed);
  return session.words.failed;
}

/** Milliseconds since 1970 of simulated time 0 in a container. */
export function epochMsOf({ guest, sys }: ToolIo): number {
  return guest.wallMs - Math.floor(sys.nowNs / 1e6);
}
