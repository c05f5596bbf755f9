import { isDeepStrictEqual } from 'node:util';
import type { HopFields } from './hop.js';
import type { RecordedArrival, RecordedResult, SeenIcmp } from './recorded.js';

/** Times from here on are those of timers, and are compared. */
const TIMER_MS = 900;

/** Fields that are compared whenever they were recorded. */
const COMPARED: readonly string[] = [
  'stage',
  'elapsed_ms',
  'local',
  'data_received',
  'reply_from',
  'reply_ttl',
  'reply_bytes',
  'from',
  'icmp_seen_by_src',
];

/** Fields that are compared also when they are absent. */
const ALWAYS: readonly string[] = ['outcome', 'errno', 'server'];

/** How far a time may be off: timers of Linux fire on the next jiffy, and a CPU may be busy. */
const TOLERANCE = 0.05;

/** Types of ICMP errors, by the protocol's name in a hop. */
const ERROR_TYPES: Readonly<Record<string, (type: number) => boolean>> = {
  icmp: (type) => [3, 4, 5, 11, 12].includes(type),
  icmp6: (type) => type < 128,
};

/** Results as far as both can be compared: what the recording does not say is left out of both. */
export function comparable(
  recordedResult: RecordedResult,
  actualResult: RecordedResult,
): { readonly expected: RecordedResult; readonly actual: RecordedResult } | undefined {
  const recorded = withServersInOrder(recordedResult);
  const actual = withServersInOrder(actualResult);
  const timed = sameTime(recorded.elapsed_ms, actual.elapsed_ms);
  const said = new Set(COMPARED.filter((key) => key in recorded));
  for (const always of ALWAYS) said.add(always);
  if (timed) said.delete('elapsed_ms');
  const expected = pick({ server: [], ...recorded }, said);
  const seen = pick(actual, said);
  const server = recorded.server?.map((arrival, index) =>
    bytesAsSaid(arrival, seen.server?.[index]),
  );
  const arrived = (seen.server ?? []).map((arrival, index) => server?.[index] ?? arrival);
  const trimmed = { ...seen, ...(said.has('server') ? { server: arrived } : {}) };
  return isDeepStrictEqual(expected, trimmed) ? undefined : { expected, actual: trimmed };
}

/** Servers by name: which of several is asked first is not a matter of the network. */
function withServersInOrder(result: RecordedResult): RecordedResult {
  const { server } = result;
  if (server === undefined || server.length < 2) return result;
  return {
    ...result,
    server: [...server].sort((a, b) => (a.ns < b.ns ? -1 : a.ns > b.ns ? 1 : 0)),
  };
}

/**
 * ICMP errors that reached a namespace, each kind once, in order of arrival. Each is said to be sent by the
 * namespace where the packet first had the addresses with which it arrived.
 */
export function seenIcmp(hops: readonly HopFields[], src: string): readonly SeenIcmp[] {
  const seen: SeenIcmp[] = [];
  for (const hop of hops) {
    const icmp = errorOf(hop);
    if (icmp === undefined || hop.ns !== src || hop.dir !== 'in' || hop.cast !== 'host') continue;
    const first = hops.find((other) => isSameError(other, hop));
    const entry: SeenIcmp = {
      type: Number(icmp.type),
      code: Number(icmp.code),
      from: String(hop.src),
      sent_by_ns: String(first?.ns ?? src),
      ...(typeof icmp.mtu === 'number' ? { mtu: icmp.mtu } : {}),
      ...(typeof icmp.gw === 'string' ? { gw: icmp.gw } : {}),
    };
    if (!seen.some((other) => isDeepStrictEqual(other, entry))) seen.push(entry);
  }
  return seen;
}

function sameTime(recorded: number | undefined, actual: number | undefined): boolean {
  if (recorded === undefined || actual === undefined) return true;
  if (recorded < TIMER_MS) return actual < TIMER_MS;
  return Math.abs(actual - recorded) <= recorded * TOLERANCE;
}

function bytesAsSaid(
  recorded: RecordedArrival,
  actual: RecordedArrival | undefined,
): RecordedArrival | undefined {
  if (actual === undefined) return undefined;
  return pick(actual, new Set(Object.keys(recorded)));
}

function pick<T extends object>(value: T, keys: ReadonlySet<string>): T {
  return Object.fromEntries(Object.entries(value).filter(([key]) => keys.has(key))) as T;
}

function errorOf(hop: HopFields): Readonly<Record<string, unknown>> | undefined {
  const { icmp } = hop;
  if (typeof icmp !== 'object' || icmp === null) return undefined;
  const fields = icmp as Readonly<Record<string, unknown>>;
  const isError = ERROR_TYPES[String(hop.proto)]?.(Number(fields.type)) ?? false;
  return isError ? fields : undefined;
}

function isSameError(a: HopFields, b: HopFields): boolean {
  const [left, right] = [errorOf(a), errorOf(b)];
  if (left === undefined || right === undefined || a.src !== b.src || a.dst !== b.dst) return false;
  return left.type === right.type && left.code === right.code;
}
