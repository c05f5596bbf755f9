import { Follower } from './follower.js';
import { startServer } from './server.js';
import { Ledger, lostWrites, writeUntilGone } from './writers.js';

/** What came of killing a server again and again. */
export interface DurabilityReport {
  readonly acknowledged: number;
  readonly lost: readonly string[];
  /** Watches that went on at the next server from their last resourceVersion. */
  readonly resumed: number;
  readonly repeats: number;
  readonly gaps: number;
  readonly expired: number;
  /** Acknowledged creates and updates that the watch of everything did not tell exactly once. */
  readonly untold: readonly string[];
  /** Watches whose copy in the end differs from a list. */
  readonly different: number;
  /** Time to start over the data of the round before, in milliseconds. */
  readonly startMs: readonly number[];
}

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const PODS = '/api/v1/pods';
/** Followers that list while writers write; the newest of so many rounds go on. */
const LATE_FOLLOWERS = 4;
const SHORTEST_ROUND_MS = 500;
const LONGEST_ROUND_MS = 2500;
const CATCH_UP_MS = 20_000;

/**
 * Starts a server over a folder, lets 32 writers write and kills it in the middle, again and again. Watches go on from
 * where they were each time; one more begins with a list in the middle of each round.
 */
export async function killAgainAndAgain(folder: string, rounds: number): Promise<DurabilityReport> {
  const ledger = new Ledger();
  const everything = new Follower(CONFIG_MAPS);
  const followers = [
    everything,
    new Follower(CONFIG_MAPS, 'parity=step-0'),
    new Follower(CONFIG_MAPS, 'parity!=zero'),
    new Follower(PODS),
  ];
  const retired: Follower[] = [];
  const lost: string[] = [];
  const startMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const server = await startServer(folder);
    if (round === 0) for (const follower of followers) await follower.list(server.url);
    else {
      startMs.push(server.startMs);
      lost.push(...(await lostWrites(server.url, ledger)));
    }
    for (const follower of followers) follower.follow(server.url);
    const writing = writeUntilGone(server.url, round, ledger);
    const lengthMs = SHORTEST_ROUND_MS + ((round * 7919) % (LONGEST_ROUND_MS - SHORTEST_ROUND_MS));
    await sleep(lengthMs);
    const late = new Follower(CONFIG_MAPS);
    await late.list(server.url);
    late.follow(server.url);
    followers.push(late);
    await server.kill();
    await writing;
    for (const follower of followers) await follower.ended();
    if (followers.length > 4 + LATE_FOLLOWERS) retired.push(...followers.splice(4, 1));
  }
  const server = await startServer(folder);
  startMs.push(server.startMs);
  lost.push(...(await lostWrites(server.url, ledger)));
  for (const follower of followers) follower.follow(server.url);
  const different = await compare(server.url, followers);
  for (const follower of followers) await follower.end();
  await server.stop();
  const all = [...followers, ...retired];
  const sum = (of: (follower: Follower) => number) =>
    all.reduce((total, follower) => total + of(follower), 0);
  return {
    acknowledged: ledger.acknowledged,
    lost,
    resumed: sum(({ resumed }) => resumed),
    repeats: sum(({ faults }) => faults.repeats),
    gaps: sum(({ faults }) => faults.gaps),
    expired: sum(({ faults }) => faults.expired),
    untold: untold(ledger, everything),
    different,
    startMs,
  };
}

/** How many followers do not come to what a list says, within some seconds. */
async function compare(url: string, followers: readonly Follower[]): Promise<number> {
  const untilMs = performance.now() + CATCH_UP_MS;
  let different = followers.length;
  while (different > 0 && performance.now() < untilMs) {
    await sleep(200);
    different = 0;
    for (const follower of followers) {
      const list = follower.another();
      await list.list(url);
      if (!sameEntries(list.held, follower.held)) different++;
    }
  }
  return different;
}

function sameEntries(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  if (a.size !== b.size) return false;
  for (const [name, revision] of a) if (b.get(name) !== revision) return false;
  return true;
}

function untold(ledger: Ledger, follower: Follower): string[] {
  const missing: string[] = [];
  for (const [name, revisions] of ledger.revisions) {
    const told = follower.told.get(name) ?? [];
    for (const revision of revisions) {
      if (told.filter((one) => one === revision).length !== 1)
        missing.push(`${name} at ${revision}`);
    }
  }
  return missing;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
