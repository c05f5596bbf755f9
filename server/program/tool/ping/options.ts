/** The command line of iputils' ping. */
import { fail, ok, type Result } from '../../../../topology/index.js';
import { parseOptions } from '../tool.js';

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
export const PING_USAGE = `
Usage
  ping [options] <destination>

Options:
  <destination>      dns name or ip address
  -a                 use audible ping
  -A                 use adaptive ping
  -B                 sticky source address
  -c <count>         stop after <count> replies
  -C                 call connect() syscall on socket creation
  -D                 print timestamps
  -d                 use SO_DEBUG socket option
  -e <identifier>    define identifier for ping session, default is random for
                     SOCK_RAW and kernel defined for SOCK_DGRAM
                     Imply using SOCK_RAW (for IPv4 only for identifier 0)
  -f                 flood ping
  -h                 print help and exit
  -I <interface>     either interface name or address
  -i <interval>      seconds between sending each packet
  -L                 suppress loopback of multicast packets
  -l <preload>       send <preload> number of packages while waiting replies
  -m <mark>          tag the packets going out
  -M <pmtud opt>     define mtu discovery, can be one of <do|dont|want>
  -n                 no dns name resolution
  -O                 report outstanding replies
  -p <pattern>       contents of padding byte
  -q                 quiet output
  -Q <tclass>        use quality of service <tclass> bits
  -s <size>          use <size> as number of data bytes to be sent
  -S <size>          use <size> as SO_SNDBUF socket option value
  -t <ttl>           define time to live
  -U                 print user-to-user latency
  -v                 verbose output
  -V                 print version and exit
  -w <deadline>      reply wait <deadline> in seconds
  -W <timeout>       time to wait for response

IPv4 options:
  -4                 use IPv4
  -b                 allow pinging broadcast
  -R                 record route
  -T <timestamp>     define timestamp, can be one of <tsonly|tsandaddr|tsprespec>

IPv6 options:
  -6                 use IPv6
  -F <flowlabel>     define flow label, default is random
  -N <nodeinfo opt>  use icmp6 node info query, try <help> as argument

For more details see ping(8).
`;

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
