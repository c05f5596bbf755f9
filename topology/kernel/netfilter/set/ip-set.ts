import { formatIp, formatMac, type Ip } from '../../../addr/index.js';
import { SECOND } from '../../../base/index.js';
import { portText } from '../../set-port.js';
import type { SetElement, SetPorts, SetSpec } from '../../set-spec.js';
import { SET_PARTS } from '../../set-spec.js';
import type { SetPacket } from './packet.js';
import { addressesOf, networkOf, networksOf, networkText } from './parts.js';

/** Elements of a hash, when the set says nothing (IPSET_DEFAULT_MAXELEM, IP_SET_LIST_DEFAULT_SIZE). */
const MAX_ELEMENTS = 65_536;
const LIST_SIZE = 8;

/** One element as it is kept. */
export interface SetEntry {
  readonly text: string;
  readonly nomatch: boolean;
  readonly comment: string | undefined;
  /** Undefined when it never times out. */
  readonly expiresAtNs: number | undefined;
  packets: number;
  bytes: number;
}

/** Why an element was refused; codes of libipset. */
export type SetFailure = 'exists' | 'missing' | 'range' | 'full' | 'no-timeout' | 'no-set' | 'cidr';

/** A set of addresses, ports or networks of one namespace (net/netfilter/ipset). */
export class IpSet {
  name: string;
  readonly spec: SetSpec;
  private readonly entries = new Map<string, SetEntry>();
  /** How many networks there are of each prefix length, for the first and the second network of an element. */
  private readonly prefixes: readonly [Map<number, number>, Map<number, number>] = [
    new Map(),
    new Map(),
  ];
  private readonly findSet: (name: string) => IpSet | undefined;

  constructor(name: string, spec: SetSpec, findSet: (name: string) => IpSet | undefined) {
    this.name = name;
    this.spec = spec;
    this.findSet = findSet;
  }

  /** The same set, kept apart. */
  copy(findSet: (name: string) => IpSet | undefined): IpSet {
    const made = new IpSet(this.name, this.spec, findSet);
    for (const [text, entry] of this.entries) made.entries.set(text, { ...entry });
    for (const [index, counts] of this.prefixes.entries()) {
      for (const [length, count] of counts) made.prefixes[index === 0 ? 0 : 1].set(length, count);
    }
    return made;
  }

  /** Elements that have not timed out, in the order they were added. */
  live(nowNs: number): readonly SetEntry[] {
    const isBitmap = this.spec.type.startsWith('bitmap:');
    const found = [...this.entries.values()].filter((entry) => isLive(entry, nowNs));
    if (!isBitmap) return found;
    const value = (text: string) => (text.includes('.') ? ipValue(text) : Number(text));
    return found.sort((a, b) => value(a.text) - value(b.text));
  }

  /** Names of the sets that a list:set holds. */
  get members(): readonly string[] {
    return this.spec.type === 'list:set' ? [...this.entries.keys()] : [];
  }

  /** Adds what an element stands for. With `exist` what is there already is renewed, not refused. */
  add(element: SetElement, nowNs: number, exist: boolean): SetFailure | undefined {
    if (element.timeoutSeconds !== undefined && this.spec.timeoutSeconds === undefined) {
      return 'no-timeout';
    }
    const keys = this.keysOf(element);
    if (typeof keys === 'string') return keys;
    for (const { text, lengths } of keys) {
      const present = this.entries.get(text);
      const there = present !== undefined && isLive(present, nowNs);
      if (there && !exist) return 'exists';
      const most =
        this.spec.listSize ?? this.spec.maxElements ?? (this.isList ? LIST_SIZE : MAX_ELEMENTS);
      if (!there && this.live(nowNs).length >= most) return 'full';
      if (present === undefined) this.countPrefixes(lengths, 1);
      const seconds = element.timeoutSeconds ?? this.spec.timeoutSeconds;
      const timed = seconds !== undefined && seconds > 0;
      this.entries.set(text, {
        text,
        nomatch: element.nomatch === true,
        comment: element.comment,
        expiresAtNs: timed ? nowNs + seconds * SECOND : undefined,
        packets: element.packets ?? 0,
        bytes: element.bytes ?? 0,
      });
    }
    return undefined;
  }

  /** Takes out what an element stands for. With `exist` what is not there is not missed. */
  delete(element: SetElement, nowNs: number, exist: boolean): SetFailure | undefined {
    const keys = this.keysOf(element);
    if (typeof keys === 'string') return keys;
    for (const { text, lengths } of keys) {
      const present = this.entries.get(text);
      if (present === undefined || !isLive(present, nowNs)) {
        if (!exist) return 'missing';
        continue;
      }
      this.entries.delete(text);
      this.countPrefixes(lengths, -1);
    }
    return undefined;
  }

  flush(): void {
    this.entries.clear();
    for (const counts of this.prefixes) counts.clear();
  }

  /** Whether what an element names is in the set (`ipset test`). */
  has(element: SetElement, nowNs: number): boolean {
    const { addresses, ports, second, mac, set } = element;
    if (set !== undefined) return this.entries.has(set);
    const packet: SetPacket = {
      src: addresses?.from ?? second?.from ?? (0 as Ip),
      dst: second?.from ?? addresses?.from ?? (0 as Ip),
      proto: ports?.proto ?? 0,
      srcPort: ports?.from ?? -1,
      dstPort: ports?.from ?? -1,
      srcMac: mac,
      icmp: ports?.from,
    };
    return this.test(packet, ['src', 'src', 'dst'], nowNs);
  }

  /** Whether a packet is in the set, where `dims` says which end each part of an element is taken from. */
  test(packet: SetPacket, dims: readonly ('src' | 'dst')[], nowNs: number): boolean {
    if (this.isList) {
      return this.members.some((name) => this.findSet(name)?.test(packet, dims, nowNs) === true);
    }
    const entry = this.find(packet, dims, nowNs);
    return entry !== undefined && !entry.nomatch;
  }

  /** The element that a packet stands for, for `-j SET`; undefined when the packet lacks a part of it. */
  elementOf(packet: SetPacket, dims: readonly ('src' | 'dst')[]): SetElement | undefined {
    const made: { -readonly [K in keyof SetElement]: SetElement[K] } = {};
    for (const [index, part] of SET_PARTS[this.spec.type].entries()) {
      const side = dims[index] ?? dims.at(-1) ?? 'src';
      const address = side === 'src' ? packet.src : packet.dst;
      if (part === 'port') {
        const ports = portsOf(packet, side);
        if (ports === undefined) return undefined;
        made.ports = ports;
      } else if (part === 'mac') {
        if (packet.srcMac === undefined) return undefined;
        made.mac = packet.srcMac;
      } else if (made.addresses === undefined) made.addresses = { from: address, to: address };
      else made.second = { from: address, to: address };
    }
    return made;
  }

  private get isList(): boolean {
    return this.spec.type === 'list:set';
  }

  private countPrefixes(lengths: readonly (number | undefined)[], by: number): void {
    for (const [index, length] of lengths.entries()) {
      const counts = this.prefixes[index === 0 ? 0 : 1];
      if (length === undefined) continue;
      const count = (counts.get(length) ?? 0) + by;
      if (count > 0) counts.set(length, count);
      else counts.delete(length);
    }
  }

  private find(
    packet: SetPacket,
    dims: readonly ('src' | 'dst')[],
    nowNs: number,
  ): SetEntry | undefined {
    let texts: readonly string[] = [''];
    for (const [index, part] of SET_PARTS[this.spec.type].entries()) {
      const side = dims[index] ?? dims.at(-1) ?? 'src';
      const choices = this.partTexts(part, index, packet, side);
      if (choices.length === 0) return undefined;
      texts = texts.flatMap((text) =>
        choices.map((choice) => (text === '' ? choice : `${text},${choice}`)),
      );
    }
    for (const text of texts) {
      const entry = this.entries.get(text);
      if (entry !== undefined && isLive(entry, nowNs)) return entry;
    }
    return undefined;
  }

  /** How a part of a packet may stand in the set: of networks the longest prefix first. */
  private partTexts(
    part: string,
    index: number,
    packet: SetPacket,
    side: 'src' | 'dst',
  ): readonly string[] {
    const address = side === 'src' ? packet.src : packet.dst;
    switch (part) {
      case 'ip': {
        const { netmask } = this.spec;
        return [formatIp(netmask === undefined ? address : networkOf(address, netmask))];
      }
      case 'net': {
        const lengths = [...this.prefixes[index === 0 ? 0 : 1].keys()].sort((a, b) => b - a);
        return lengths.map((length) => networkText(networkOf(address, length), length));
      }
      case 'port': {
        const ports = portsOf(packet, side);
        if (ports === undefined) return [];
        return [
          this.spec.type === 'bitmap:port' ? `${ports.from}` : portText(ports.proto, ports.from),
        ];
      }
      default:
        return packet.srcMac === undefined ? [] : [formatMac(packet.srcMac).toUpperCase()];
    }
  }

  private keysOf(element: SetElement): SetFailure | readonly Key[] {
    const { type, range } = this.spec;
    if (type === 'list:set') {
      const name = element.set ?? '';
      return this.findSet(name) === undefined ? 'no-set' : [{ text: name, lengths: [] }];
    }
    let keys: readonly Key[] = [{ text: '', lengths: [] }];
    let first = true;
    for (const [index, part] of SET_PARTS[type].entries()) {
      const choices: { text: string; length?: number }[] = [];
      if (part === 'ip' || part === 'net') {
        const addresses = first ? element.addresses : element.second;
        first = false;
        if (addresses === undefined) return 'missing';
        if (part === 'net') {
          for (const { network, prefixLength } of networksOf(addresses)) {
            if (prefixLength === 0) return 'cidr';
            choices.push({ text: networkText(network, prefixLength), length: prefixLength });
          }
        } else {
          for (const address of addressesOf(addresses)) {
            const { netmask } = this.spec;
            if (
              range !== undefined &&
              (Number(address) < range.from || Number(address) > range.to)
            ) {
              return 'range';
            }
            choices.push({
              text: formatIp(netmask === undefined ? address : networkOf(address, netmask)),
            });
          }
        }
      } else if (part === 'port') {
        const { ports } = element;
        if (ports === undefined) return 'missing';
        for (let port = ports.from; port <= ports.to; port++) {
          if (range !== undefined && (port < range.from || port > range.to)) return 'range';
          choices.push({ text: type === 'bitmap:port' ? `${port}` : portText(ports.proto, port) });
        }
      } else if (element.mac !== undefined)
        choices.push({ text: formatMac(element.mac).toUpperCase() });
      keys = keys.flatMap(({ text, lengths }) =>
        choices.map((choice) => ({
          text: text === '' ? choice.text : `${text},${choice.text}`,
          lengths:
            index === 0 || choice.length === undefined
              ? [...lengths, choice.length]
              : [undefined, choice.length],
        })),
      );
    }
    return keys;
  }
}

interface Key {
  readonly text: string;
  /** Prefix lengths of the first part and of the last, where they are networks. */
  readonly lengths: readonly (number | undefined)[];
}

function isLive(entry: SetEntry, nowNs: number): boolean {
  return entry.expiresAtNs === undefined || entry.expiresAtNs > nowNs;
}

function ipValue(text: string): number {
  return text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function portsOf(packet: SetPacket, side: 'src' | 'dst'): SetPorts | undefined {
  const { proto } = packet;
  if (packet.icmp !== undefined && (proto === 1 || proto === 58)) {
    return { proto, from: packet.icmp, to: packet.icmp };
  }
  const port = side === 'src' ? packet.srcPort : packet.dstPort;
  return port < 0 ? undefined : { proto, from: port, to: port };
}
