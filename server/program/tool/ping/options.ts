/** The command line of iputils' ping. */
import { fail, ok, type Result } from '../../../../topology/index.js';
import { parseOptions } from '../tool.js';
import { usageText } from '../usage.js';

/** What was asked for; times in nanoseconds. */
export interface PingOptions {
  readonly target: string;
  readonly family: 'ipv4' | 'ipv6' | undefined;
  readonly count: number;
  readonly intervalNs: number;
  readonly lingerNs: number;
  readonly deadlineNs: number | undefined;
  readonly size: number;
  readonly ttl: number | undefined;
  readonly tos: number;
  readonly pmtudisc: number | undefined;
  /** -I: an address or a device. */
  readonly from: string | undefined;
  readonly pattern: Uint8Array | undefined;
  readonly flags: ReadonlySet<string>;
}

/** A command line that is refused. */
export interface Refusal {
  readonly text: string;
  readonly status: number;
}

const SECOND_NS = 1_000_000_000;
const MTU_DISCOVERY: Readonly<Record<string, number>> = { do: 2, dont: 0, want: 1, probe: 3 };

/** What -V prints. */
export const PING_VERSION = `ping from iputils 20221126
libcap: yes, IDN: yes, NLS: no, error.h: yes, getrandom(): yes, __fpending(): yes
`;

/** What is printed after an option that is not known. */
export const PING_USAGE = usageText(
  'ping [-4|-6] [-AbDfLnOqv] [-c COUNT] [-i SECONDS] [-w SECONDS] [-W SECONDS] [-s SIZE] [-t TTL]',
  '    [-I ADDRESS|DEVICE] [-M do|dont|want|probe] [-m MARK] [-p PATTERN] [-Q TOS] [-l PRELOAD] HOST',
);

const OUT_OF_RANGE = 'Numerical result out of range';

/** Reads the command line. */
export function parsePing(args: readonly string[]): Result<PingOptions, Refusal> {
  const { flags, rest, unknown, values } = parseOptions(args, {
    flags: 'aABbCdDfhLnOqrRUvV46',
    withValue: [
      'c',
      'e',
      'F',
      'i',
      'I',
      'l',
      'm',
      'M',
      'N',
      'p',
      'Q',
      's',
      'S',
      't',
      'T',
      'w',
      'W',
    ],
  });
  if (unknown !== undefined) {
    return fail({
      text: `ping: invalid option -- '${unknown.replace(/^-+/, '')}'\n${PING_USAGE}`,
      status: 2,
    });
  }
  if (flags.has('h')) return fail({ text: PING_USAGE, status: 2 });
  for (const [letter, low, high] of RANGES) {
    const text = values.get(letter);
    if (text === undefined) continue;
    const words = rangeWords(text, low, high);
    if (words !== undefined)
      return fail({ text: `ping: invalid argument: '${text}'${words}\n`, status: 1 });
  }
  const interval = values.get('i');
  if (interval !== undefined && !(Number(interval) >= 0)) {
    return fail({ text: `ping: bad timing interval: ${interval}\n`, status: 2 });
  }
  const mode = values.get('M');
  if (mode !== undefined && MTU_DISCOVERY[mode] === undefined) {
    return fail({ text: `ping: invalid -M argument: ${mode}\n`, status: 2 });
  }
  const wait = Number(values.get('W') ?? 10);
  if (!(wait >= 0)) {
    return fail({
      text: `ping: bad linger time: ${values.get('W') ?? ''}: ${OUT_OF_RANGE}\n`,
      status: 2,
    });
  }
  const target = rest.at(-1);
  if (target === undefined) {
    return fail({ text: 'ping: usage error: Destination address required\n', status: 1 });
  }
  const isQuick = flags.has('f') || flags.has('A');
  const deadline = values.get('w');
  return ok({
    target,
    family: flags.has('4') ? 'ipv4' : flags.has('6') ? 'ipv6' : undefined,
    count: Number(values.get('c') ?? Number.POSITIVE_INFINITY),
    intervalNs: interval === undefined ? (isQuick ? 0 : SECOND_NS) : Number(interval) * SECOND_NS,
    lingerNs: (wait === 0 ? 10 : wait) * SECOND_NS,
    deadlineNs: deadline === undefined ? undefined : Number(deadline) * SECOND_NS,
    size: Number(values.get('s') ?? 56),
    ttl: values.has('t') ? Number(values.get('t')) : undefined,
    tos: Number(values.get('Q') ?? 0),
    pmtudisc: mode === undefined ? undefined : MTU_DISCOVERY[mode],
    from: values.get('I'),
    pattern: patternOf(values.get('p')),
    flags,
  });
}

const RANGES: readonly (readonly [letter: string, low: number, high: number])[] = [
  ['c', 1, Number.MAX_SAFE_INTEGER],
  ['s', 0, 2_147_483_647],
  ['t', 0, 255],
  ['w', 0, 2_147_483_647],
];

function rangeWords(text: string, low: number, high: number): string | undefined {
  if (!/^-?\d+$/.test(text)) return '';
  const value = Number(text);
  if (value >= low && value <= high) return undefined;
  const top = high === Number.MAX_SAFE_INTEGER ? '9223372036854775807' : String(high);
  return `: out of range: ${low} <= value <= ${top}`;
}

function patternOf(text: string | undefined): Uint8Array | undefined {
  if (text === undefined) return undefined;
  const pairs = text.slice(0, 32).match(/.{1,2}/g) ?? [];
  return Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16));
}
