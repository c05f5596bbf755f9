/** tcpdump's command line. */
import { fail, ok, type Result } from '../../../../topology/index.js';
import { usageText } from '../usage.js';
import type { LineStyle, TimeStyle } from './printer.js';

/** What was asked for. */
export interface Options {
  readonly style: LineStyle;
  readonly device: string | undefined;
  readonly count: number | undefined;
  readonly snapBytes: number;
  readonly promiscuous: boolean;
  readonly readFrom: string | undefined;
  readonly writeTo: string | undefined;
  /** --print: told also while -w writes. */
  readonly alsoPrint: boolean;
  readonly unbuffered: boolean;
  readonly direction: 'in' | 'out' | 'inout';
  readonly filter: string;
  readonly filterFile: string | undefined;
  readonly only: 'devices' | 'version' | 'help' | 'count' | 'link-types' | undefined;
}

/** Octets kept of a packet unless -s says otherwise. */
export const DEFAULT_SNAP_BYTES = 262_144;

/** What --version prints. */
export const VERSION = `tcpdump version 4.99.3
libpcap version 1.10.3 (with TPACKET_V3)
OpenSSL 3.0.19 27 Jan 2026
`;

/** What -h prints after the version. */
export const USAGE = usageText(
  'tcpdump [-aAbDefhKlLnNOpqStuUvVxX#] [-c COUNT] [-i DEVICE|any] [-Q in|out|inout] [-r FILE]',
  '    [-s BYTES] [-w FILE] [-F FILE] [--count] [--print] [FILTER]',
);

const WITH_VALUE = 'BcCEFGijMmQrsTVwWyzZ';
const PLAIN = 'AbdDefhHIJKlLnNOpqStuUvxX#';
const LONG: Readonly<Record<string, string>> = {
  number: '#',
  'list-interfaces': 'D',
  interface: 'i',
  'no-promiscuous-mode': 'p',
  direction: 'Q',
  'snapshot-length': 's',
  'absolute-tcp-sequence-numbers': 'S',
  'dont-verify-checksums': 'K',
  'buffer-size': 'B',
  'packet-buffered': 'U',
  linktype: 'y',
  'list-data-link-types': 'L',
  'relinquish-privileges': 'Z',
  help: 'h',
};
const LONG_PLAIN = new Set(['immediate-mode', 'print', 'version', 'count', 'micro', 'nano']);

/** Reads the command line; the failure is what goes to standard error. */
export function parseTcpdump(args: readonly string[]): Result<Options, string> {
  const counts = new Map<string, number>();
  const values = new Map<string, string>();
  const rest: string[] = [];
  const note = (flag: string): void => {
    counts.set(flag, (counts.get(flag) ?? 0) + 1);
  };
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    if (arg === '--') {
      rest.push(...args.slice(at + 1));
      break;
    }
    if (arg.startsWith('--')) {
      const [name = '', inline] = arg.slice(2).split('=');
      const letter = LONG[name];
      if (letter === undefined && !LONG_PLAIN.has(name)) {
        return fail(`tcpdump: unrecognized option '${arg}'\n${VERSION}${USAGE}`);
      }
      if (letter !== undefined && WITH_VALUE.includes(letter)) {
        values.set(letter, inline ?? args[++at] ?? '');
      } else note(letter ?? name);
      continue;
    }
    if (!/^-./.test(arg)) {
      rest.push(arg);
      continue;
    }
    for (let index = 1; index < arg.length; index++) {
      const letter = arg[index] ?? '';
      if (WITH_VALUE.includes(letter)) {
        const value = index + 1 < arg.length ? arg.slice(index + 1) : args[++at];
        if (value === undefined) {
          return fail(`tcpdump: option requires an argument -- '${letter}'\n${VERSION}${USAGE}`);
        }
        values.set(letter, value);
        break;
      }
      if (!PLAIN.includes(letter)) {
        return fail(`tcpdump: invalid option -- '${letter}'\n${VERSION}${USAGE}`);
      }
      note(letter);
    }
  }
  return build(counts, values, rest);
}

function build(
  counts: ReadonlyMap<string, number>,
  values: ReadonlyMap<string, string>,
  rest: readonly string[],
): Result<Options, string> {
  const times = (flag: string): number => counts.get(flag) ?? 0;
  const countText = values.get('c');
  if (countText !== undefined && !(Number(countText) > 0)) {
    return fail(`tcpdump: invalid packet count ${countText}\n`);
  }
  const snapText = values.get('s') ?? '0';
  const snap = Number(snapText);
  if (!(snap >= 0 && snap <= DEFAULT_SNAP_BYTES)) {
    return fail(`tcpdump: invalid snaplen ${snapText} (must be >= 0 and <= 262144)\n`);
  }
  const direction = values.get('Q') ?? 'inout';
  if (direction !== 'in' && direction !== 'out' && direction !== 'inout') {
    return fail(`tcpdump: unknown capture direction \`${direction}'\n`);
  }
  const style: LineStyle = {
    link: times('e') > 0,
    verbosity: times('v'),
    numeric: times('n') > 0,
    quick: times('q') > 0,
    absolute: times('S') > 0,
    unverified: times('K') > 0,
    shortNames: times('N') > 0,
    numbered: times('#') > 0,
    time: timeStyle(times('t')),
    dump:
      times('A') > 0
        ? { kind: 'ascii', link: times('A') > 1 }
        : times('X') > 0
          ? { kind: 'hex-ascii', link: times('X') > 1 }
          : { kind: times('x') > 0 ? 'hex' : 'none', link: times('x') > 1 },
  };
  const only = (
    [
      ['version', 'version'],
      ['h', 'help'],
      ['D', 'devices'],
      ['L', 'link-types'],
      ['count', 'count'],
    ] as const
  ).find(([flag]) => times(flag) > 0)?.[1];
  return ok({
    style,
    device: values.get('i'),
    count: countText === undefined ? undefined : Number(countText),
    snapBytes: snap === 0 ? DEFAULT_SNAP_BYTES : snap,
    promiscuous: times('p') === 0,
    readFrom: values.get('r'),
    writeTo: values.get('w'),
    alsoPrint: times('print') > 0,
    unbuffered: times('U') > 0,
    direction,
    filter: rest.join(' '),
    filterFile: values.get('F'),
    only,
  });
}

function timeStyle(times: number): TimeStyle {
  const styles: readonly TimeStyle[] = ['clock', 'none', 'epoch', 'delta', 'date'];
  return styles[times] ?? 'since-first';
}
