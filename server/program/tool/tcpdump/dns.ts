/** The domain name system (print-domain.c). */
import { formatIpv4, formatIpv6, type Ipv4, type Ipv6 } from '../../../../topology/index.js';
import { type Dissector, hex, Truncated } from './dissector.js';

const OPERATIONS = ['', ' inv_q', ' stat', ' op3', ' notify', ' update'];
const RESPONSES = [
  '',
  ' FormErr',
  ' ServFail',
  ' NXDomain',
  ' NotImp',
  ' Refused',
  ' YXDomain',
  ' YXRRSet',
  ' NXRRSet',
  ' NotAuth',
  ' NotZone',
];

const TYPES: ReadonlyMap<number, string> = new Map([
  [1, 'A'],
  [2, 'NS'],
  [5, 'CNAME'],
  [6, 'SOA'],
  [12, 'PTR'],
  [13, 'HINFO'],
  [15, 'MX'],
  [16, 'TXT'],
  [28, 'AAAA'],
  [33, 'SRV'],
  [41, 'OPT'],
  [99, 'SPF'],
  [255, 'ANY'],
  [257, 'CAA'],
]);

const T_OPT = 41;

/** Where a message stands. */
export interface DnsPlace {
  readonly at: number;
  readonly length: number;
  readonly isTcp: boolean;
  readonly isMulticast: boolean;
}

/** A DNS message. */
export function printDns(d: Dissector, place: DnsPlace): void {
  d.protocol = 'domain';
  const { at } = place;
  if (place.length < 12) {
    d.put(`domain [length ${place.length} < 12] (invalid)`);
    return;
  }
  if (place.isTcp) d.put(' ');
  const flags = d.u16(at + 2);
  const message = new MessagePrinter(d, at, place.isMulticast);
  const counts = {
    questions: d.u16(at + 4),
    answers: d.u16(at + 6),
    authorities: d.u16(at + 8),
    additionals: d.u16(at + 10),
  };
  if ((flags & 0x8000) !== 0) message.response(flags, counts);
  else message.request(flags, counts);
  d.put(` (${place.length})`);
}

interface Counts {
  readonly questions: number;
  readonly answers: number;
  readonly authorities: number;
  readonly additionals: number;
}

class MessagePrinter {
  private readonly d: Dissector;
  private readonly start: number;
  private readonly isMulticast: boolean;
  private at: number;

  constructor(d: Dissector, start: number, isMulticast: boolean) {
    this.d = d;
    this.isMulticast = isMulticast;
    this.start = start;
    this.at = start + 12;
  }

  response(flags: number, counts: Counts): void {
    const { d } = this;
    d.put(`${d.u16(this.start)}${OPERATIONS[(flags >> 11) & 15] ?? ''}`);
    d.put(RESPONSES[flags & 15] ?? ` Resp${flags & 15}`);
    d.put(flags & 0x0400 ? '*' : '');
    d.put(flags & 0x0080 ? '' : '-');
    d.put(flags & 0x0200 ? '|' : '');
    d.put(flags & 0x0020 ? '$' : '');
    if (counts.questions !== 1) d.put(` [${counts.questions}q]`);
    for (let index = 0; index < counts.questions; index++) {
      if (index > 0) d.put(',');
      if (d.style.verbosity > 1) {
        d.put(' q:');
        this.question();
      } else {
        this.skipName();
        this.at += 4;
      }
    }
    d.put(` ${counts.answers}/${counts.authorities}/${counts.additionals}`);
    this.section('', counts.answers);
    if (d.style.verbosity <= 1) return;
    this.section(' ns:', counts.authorities);
    this.section(' ar:', counts.additionals);
  }

  request(flags: number, counts: Counts): void {
    const { d } = this;
    d.put(`${d.u16(this.start)}${OPERATIONS[(flags >> 11) & 15] ?? ''}`);
    d.put(flags & 0x0100 ? '+' : '');
    d.put(flags & 0x0010 ? '%' : '');
    if ((flags & 0x06cf) !== 0) d.put(` [b2&3=0x${hex(flags)}]`);
    if (counts.answers > 0) d.put(` [${counts.answers}a]`);
    if (counts.questions !== 1) d.put(` [${counts.questions}q]`);
    if (counts.authorities > 0) d.put(` [${counts.authorities}n]`);
    if (counts.additionals > 0) d.put(` [${counts.additionals}au]`);
    for (let index = 0; index < counts.questions; index++) this.question();
    if (d.style.verbosity <= 1) return;
    this.section(' an:', counts.answers);
    this.section(' ns:', counts.authorities);
    this.section(' ar:', counts.additionals);
  }

  private section(title: string, count: number): void {
    if (count === 0) return;
    this.d.put(title);
    for (let index = 0; index < count; index++) {
      if (index > 0) this.d.put(',');
      this.record();
    }
  }

  private question(): void {
    const { d } = this;
    const nameAt = this.at;
    this.skipName();
    const type = d.u16(this.at);
    const netClass = d.u16(this.at + 2);
    this.at += 4;
    d.put(` ${TYPES.get(type) ?? `Type${type}`}`);
    if (this.isMulticast && (netClass & 0x7fff) === 1) d.put(netClass === 1 ? ' (QM)' : ' (QU)');
    else {
      if (netClass !== 1) d.put(className(netClass));
      if (this.isMulticast) d.put(' (QM)');
    }
    d.put(`? ${this.name(nameAt)}`);
  }

  private record(): void {
    const { d } = this;
    const { verbosity } = d.style;
    const nameAt = this.at;
    this.skipName();
    if (verbosity > 0) d.put(` ${this.name(nameAt)}`);
    const type = d.u16(this.at);
    const netClass = d.u16(this.at + 2);
    const ttl = d.u32(this.at + 4);
    const size = d.u16(this.at + 8);
    this.at += 10;
    if (netClass !== 1 && type !== T_OPT) d.put(className(netClass));
    if (verbosity > 2 && type !== T_OPT) d.put(` [${relativeTime(ttl)}]`);
    d.put(` ${TYPES.get(type) ?? `Type${type}`}`);
    const data = this.at;
    d.need(data, size);
    if (type === T_OPT) this.extension({ data, size, udpSize: netClass, flags: ttl });
    else this.data(type, data, size);
    this.at = data + size;
  }

  private data(type: number, data: number, size: number): void {
    const { d } = this;
    switch (type) {
      case 1:
        d.put(` ${formatIpv4(d.u32(data) as Ipv4)}`);
        return;
      case 28: {
        let value = 0n;
        for (let index = 0; index < 16; index++) value = (value << 8n) | BigInt(d.u8(data + index));
        d.put(` ${formatIpv6(value as Ipv6)}`);
        return;
      }
      case 2:
      case 5:
      case 12:
        d.put(` ${this.name(data)}`);
        return;
      case 6: {
        if (d.style.verbosity === 0) return;
        const second = this.after(data);
        const numbers = this.after(second);
        d.put(` ${this.name(data)} ${this.name(second)}`);
        for (let index = 0; index < 5; index++) d.put(` ${d.u32(numbers + index * 4)}`);
        return;
      }
      case 15:
        d.put(` ${this.name(data + 2)} ${d.u16(data)}`);
        return;
      case 16:
        for (let at = data; at < data + size; at += d.u8(at) + 1) {
          d.put(` "${this.characters(at + 1, d.u8(at))}"`);
        }
        return;
      case 33:
        d.put(` ${this.name(data + 6)}:${d.u16(data + 4)} ${d.u16(data)} ${d.u16(data + 2)}`);
    }
  }

  private extension(option: {
    readonly data: number;
    readonly size: number;
    readonly udpSize: number;
    readonly flags: number;
  }): void {
    const { d } = this;
    const { data, flags, size } = option;
    d.put(` UDPsize=${option.udpSize}`);
    if ((flags & 0x8000) !== 0) d.put(' DO');
    if (size === 0) return;
    d.put(' [');
    for (let at = data; at < data + size; ) {
      const code = d.u16(at);
      const bytes = d.u16(at + 2);
      d.put(code === 10 ? 'COOKIE ' : `Opt${code} `);
      for (let index = 0; index < bytes; index++) d.put(hex(d.u8(at + 4 + index), 2));
      at += 4 + bytes;
      if (at < data + size) d.put(',');
    }
    d.put(']');
  }

  private skipName(): void {
    this.at = this.after(this.at);
  }

  /** The offset after a name. */
  private after(from: number): number {
    let at = from;
    for (let size = this.d.u8(at); size !== 0; size = this.d.u8(at)) {
      if ((size & 0xc0) === 0xc0) return at + 2;
      at += size + 1;
    }
    return at + 1;
  }

  /** A name with its final dot, pointers followed (fqdn_print). */
  private name(from: number): string {
    let text = '';
    let at = from;
    for (let jumps = 0; ; ) {
      const size = this.d.u8(at);
      if (size === 0) return at === from ? '.' : text;
      if ((size & 0xc0) === 0xc0) {
        at = this.start + (this.d.u16(at) & 0x3fff);
        if (++jumps > 64) throw new Truncated();
        continue;
      }
      text += `${this.characters(at + 1, size)}.`;
      at += size + 1;
    }
  }

  private characters(at: number, size: number): string {
    let text = '';
    for (let index = 0; index < size; index++) text += String.fromCharCode(this.d.u8(at + index));
    return text;
  }
}

function className(netClass: number): string {
  return netClass === 3 ? ' CHAOS' : netClass === 255 ? ' ANY' : ` (Class ${netClass})`;
}

const UNITS = [
  ['w', 604_800],
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
] as const;

/** Seconds as `1h30m` (unsigned_relts_print). */
function relativeTime(seconds: number): string {
  if (seconds === 0) return '0s';
  let rest = seconds;
  let text = '';
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) text += `${count}${unit}`;
  }
  return text;
}
