/** TCP (print-tcp.c). */
import { bitNames, type Dissector, hex, shouldBe } from './dissector.js';
import { printDns } from './dns.js';
import { printHttp, printLines } from './lines.js';
import { printRedis } from './redis.js';

/** What an IP packet carries, and what of its header matters inside. */
export interface TransportBody {
  readonly at: number;
  readonly length: number;
  readonly fragmented: boolean;
  readonly src: string;
  readonly dst: string;
  /** Whether the ends are told with addresses: not behind an extension header of IPv6. */
  readonly isAddressed: boolean;
  /** Sum of the pseudo header for so many octets of a protocol. */
  pseudoSum(bytes: number, protocol: number): number;
}

const FIN = 1;
const SYN = 2;
const RST = 4;
const ACK = 16;
const URG = 32;

const FLAGS = [
  [FIN, 'F'],
  [SYN, 'S'],
  [RST, 'R'],
  [8, 'P'],
  [ACK, '.'],
  [URG, 'U'],
  [64, 'E'],
  [128, 'W'],
  [256, 'e'],
] as const;

const OPTIONS: ReadonlyMap<number, string> = new Map([
  [0, 'eol'],
  [1, 'nop'],
  [2, 'mss'],
  [3, 'wscale'],
  [4, 'sackOK'],
  [5, 'sack'],
  [8, 'TS'],
]);

interface Relative {
  readonly seq: number;
  readonly ack: number;
  /** What is taken from SACK blocks. */
  readonly sackBase: number;
}

/** A TCP segment. */
export function printTcp(d: Dissector, body: TransportBody): void {
  d.protocol = 'tcp';
  const { at } = body;
  d.need(at, 4);
  const sport = d.u16(at);
  const dport = d.u16(at + 2);
  const ports = [d.port(sport, 'tcp'), d.port(dport, 'tcp')];
  d.put(
    body.isAddressed
      ? `${body.src}.${ports[0]} > ${body.dst}.${ports[1]}: `
      : `${ports[0]} > ${ports[1]}: `,
  );
  d.need(at, 20);
  const headerBytes = (d.u8(at + 12) >> 4) * 4;
  if (headerBytes < 20) {
    d.put(` tcp ${body.length - headerBytes} [bad hdr length ${headerBytes}, too short, < 20]`);
    return;
  }
  const length = body.length - headerBytes;
  if (d.style.quick) {
    d.put(`tcp ${length}`);
    return;
  }
  const flags = d.u16(at + 12) & 0x1ff;
  d.put(`Flags [${bitNames(FLAGS, flags, '')}]`);
  if (length < 0) {
    d.put(` [bad hdr length ${headerBytes}, too long, > ${body.length}]`);
    return;
  }
  const relative = relativeNumbers(d, body, { sport, dport, flags });
  if (d.style.verbosity > 0 && !d.style.unverified && !body.fragmented) {
    if (d.has(at, body.length)) {
      const sum = d.checksum(at, body.length, body.pseudoSum(body.length, 6));
      const found = d.u16(at + 16);
      d.put(`, cksum 0x${hex(found, 4)} `);
      d.put(sum === 0 ? '(correct)' : `(incorrect -> 0x${hex(shouldBe(found, sum), 4)})`);
    }
  }
  if (d.style.verbosity > 1 || length > 0 || (flags & (SYN | FIN | RST)) !== 0) {
    d.put(`, seq ${relative.seq}`);
    if (length > 0) d.put(`:${(relative.seq + length) >>> 0}`);
  }
  if ((flags & ACK) !== 0) d.put(`, ack ${relative.ack}`);
  d.put(`, win ${d.u16(at + 14)}`);
  if ((flags & URG) !== 0) d.put(`, urg ${d.u16(at + 18)}`);
  if (headerBytes > 20 && !printOptions(d, at + 20, { bytes: headerBytes - 20, relative })) return;
  d.put(`, length ${length}`);
  if (length <= 0) return;
  const payload = { at: at + headerBytes, length };
  if ((flags & RST) !== 0 && d.style.verbosity > 0) {
    printResetText(d, payload);
    return;
  }
  printPayload(d, payload, (port) => sport === port || dport === port);
}

function relativeNumbers(
  d: Dissector,
  body: TransportBody,
  segment: { readonly sport: number; readonly dport: number; readonly flags: number },
): Relative {
  const seq = d.u32(body.at + 4);
  const ack = d.u32(body.at + 8);
  const { dport, flags, sport } = segment;
  if (d.style.absolute || (flags & ACK) === 0) return { seq, ack, sackBase: 0 };
  const reversed = sport > dport || (sport === dport && isAfter(body.src, body.dst));
  const one = `${body.src} ${sport}`;
  const other = `${body.dst} ${dport}`;
  const key = reversed ? `${other} ${one}` : `${one} ${other}`;
  const known = d.conversations.get(key);
  if (known === undefined || (flags & SYN) !== 0) {
    const first = (ack - 1) >>> 0;
    d.conversations.set(key, reversed ? { seq: first, ack: seq } : { seq, ack: first });
    const started = d.conversations.get(key) ?? { seq, ack };
    return { seq, ack, sackBase: reversed ? started.seq : started.ack };
  }
  const { ack: theirs, seq: ours } = known;
  return reversed
    ? { seq: (seq - theirs) >>> 0, ack: (ack - ours) >>> 0, sackBase: ours }
    : { seq: (seq - ours) >>> 0, ack: (ack - theirs) >>> 0, sackBase: theirs };
}

/** Whether one address comes after another as octets: what decides between equal ports. */
function isAfter(one: string, other: string): boolean {
  const left = one.split('.').map(Number);
  const right = other.split('.').map(Number);
  if (left.length !== 4 || right.length !== 4) return one > other;
  const at = left.findIndex((octet, index) => octet !== right[index]);
  return at >= 0 && (left[at] ?? 0) > (right[at] ?? 0);
}

function printOptions(
  d: Dissector,
  from: number,
  how: { readonly bytes: number; readonly relative: Relative },
): boolean {
  d.put(', options [');
  const end = from + how.bytes;
  let comma = '';
  for (let at = from; at < end; comma = ',') {
    d.put(comma);
    const kind = d.u8(at);
    const size = kind <= 1 ? 1 : d.u8(at + 1);
    if (size < 1 || at + size > end || hasWrongSize(kind, size)) {
      d.put('[bad opt]');
      return false;
    }
    d.put(OPTIONS.get(kind) ?? `unknown-${kind}`);
    switch (kind) {
      case 2:
        d.put(` ${d.u16(at + 2)}`);
        break;
      case 3:
        d.put(` ${d.u8(at + 2)}`);
        break;
      case 5: {
        const { sackBase } = how.relative;
        d.put(` ${(size - 2) / 8} `);
        for (let block = at + 2; block < at + size; block += 8) {
          const left = (d.u32(block) - sackBase) >>> 0;
          d.put(`{${left}:${(d.u32(block + 4) - sackBase) >>> 0}}`);
        }
        break;
      }
      case 8:
        d.put(` val ${d.u32(at + 2)} ecr ${d.u32(at + 6)}`);
        break;
      default:
        if (OPTIONS.has(kind)) break;
        d.put(size > 2 ? ' 0x' : '');
        for (let index = at + 2; index < at + size; index++) d.put(hex(d.u8(index), 2));
    }
    at += size;
    if (kind === 0) break;
  }
  d.put(']');
  return true;
}

/** Whether an option of fixed size has another. */
function hasWrongSize(kind: number, size: number): boolean {
  const expected = { 2: 4, 3: 3, 4: 2, 8: 10 }[kind];
  return (kind > 1 && size < 2) || (expected !== undefined && size !== expected);
}

function printResetText(d: Dissector, payload: { readonly at: number; readonly length: number }) {
  d.put(' [RST');
  if (payload.length > 0) d.put(' ');
  for (let index = 0; index < Math.min(payload.length, 30); index++) {
    const octet = d.u8(payload.at + index);
    d.put(octet >= 32 && octet < 127 ? String.fromCharCode(octet) : '.');
  }
  d.put(']');
}

function printPayload(
  d: Dissector,
  payload: { readonly at: number; readonly length: number },
  isPort: (port: number) => boolean,
): void {
  const { at, length } = payload;
  const text = isPort(21) ? 'ftp' : isPort(22) ? 'ssh' : isPort(25) ? 'smtp' : undefined;
  if (text !== undefined) {
    d.put(': ');
    printLines(d, text, { at, length });
  } else if (isPort(80) || isPort(8080) || isPort(3128)) {
    d.put(': ');
    printHttp(d, at, length);
  } else if (isPort(53))
    printDns(d, { at: at + 2, length: length - 2, isTcp: true, isMulticast: false });
  else if (isPort(6379)) printRedis(d, at, length);
}
