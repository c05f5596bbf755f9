import type { Ip } from '../../../addr/index.js';
import type { Rng } from '../../../base/index.js';
import { IPPROTO } from '../../../wire/packet.js';
import type { Connection } from '../conntrack/connection.js';
import type { ConnectionTable } from '../conntrack/table.js';
import { hashTuple, invertTuple, isIcmpProto, type TupleFields } from '../conntrack/tuple.js';
import type { Manip, NatRange } from './range.js';

/** Ports tried in one round before the next, shorter one begins elsewhere (NF_NAT_MAX_ATTEMPTS). */
const MAX_ATTEMPTS = 128;
const MIN_ATTEMPTS = 16;

/** What the choice of a translation depends on. */
export interface UniqueTupleRequest {
  /** The original direction as it is now, with what an earlier hook rewrote. */
  readonly present: TupleFields;
  readonly range: NatRange;
  readonly manip: Manip;
  readonly connection: Connection;
  readonly table: ConnectionTable;
  readonly rng: Rng;
}

/**
 * Chooses how the original direction looks after a translation (get_unique_tuple): addresses within the range, the
 * port as it is unless taken. When all tries fail the last one is given, and the packet is dropped at its confirmation.
 *
 * Fidelity: Linux first tries the translation that another connection of the same source address and port has.
 */
export function chooseTuple(request: UniqueTupleRequest): TupleFields {
  const { present, range, manip } = request;
  if (manip === 'src' && range.randomFully !== true) {
    if (inRange(present, range, 'src') && !taken(request, present)) return present;
  }
  const moved = withAddress(present, manip, chooseAddress(present, range));
  if (range.randomFully !== true) {
    if (range.minPort !== undefined && range.maxPort !== undefined) {
      const single = range.minPort === range.maxPort;
      const fits = portInRange(moved, range, manip);
      if (
        range.random !== true &&
        range.basePort === undefined &&
        fits &&
        (single || !taken(request, moved))
      )
        return moved;
    } else if (!taken(request, moved)) {
      return moved;
    }
  }
  return choosePort(request, moved);
}

function taken(request: UniqueTupleRequest, tuple: TupleFields): boolean {
  const other = request.table.findTuple(invertTuple(tuple));
  return other !== undefined && other.connection !== request.connection;
}

function inRange(tuple: TupleFields, range: NatRange, manip: Manip): boolean {
  const address = manip === 'src' ? tuple.src : tuple.dst;
  const { minAddress, maxAddress } = range;
  if (minAddress !== undefined && maxAddress !== undefined) {
    if (address < minAddress || address > maxAddress) return false;
  }
  return portInRange(tuple, range, manip);
}

function portInRange(tuple: TupleFields, range: NatRange, manip: Manip): boolean {
  if (range.minPort === undefined || range.maxPort === undefined) return true;
  const port = portOf(tuple, manip);
  return port >= range.minPort && port <= range.maxPort;
}

function portOf(tuple: TupleFields, manip: Manip): number {
  return manip === 'src' || isIcmpProto(tuple.proto) ? tuple.srcPort : tuple.dstPort;
}

function chooseAddress(tuple: TupleFields, range: NatRange): Ip | undefined {
  const { minAddress, maxAddress } = range;
  if (minAddress === undefined || maxAddress === undefined || minAddress === maxAddress) {
    return minAddress;
  }
  // find_best_ips_proto: the same source gets the same address, with --persistent wherever it goes.
  const dst = range.persistent === true ? tuple.src : tuple.dst;
  const hash = hashTuple(tuple.src, dst, 0, 0, 0) >>> 0;
  if (typeof minAddress === 'number' && typeof maxAddress === 'number') {
    const share = hash / 0x1_0000_0000;
    return (minAddress + Math.floor(share * (maxAddress - minAddress + 1))) as Ip;
  }
  const span = BigInt(maxAddress) - BigInt(minAddress) + 1n;
  return (BigInt(minAddress) + (BigInt(hash) % span)) as Ip;
}

function withAddress(tuple: TupleFields, manip: Manip, address: Ip | undefined): TupleFields {
  if (address === undefined) return tuple;
  return manip === 'src' ? { ...tuple, src: address } : { ...tuple, dst: address };
}

function withPort(tuple: TupleFields, manip: Manip, port: number): TupleFields {
  return manip === 'src' || isIcmpProto(tuple.proto)
    ? { ...tuple, srcPort: port }
    : { ...tuple, dstPort: port };
}

/** The ports to choose from, with Linux's rule that a privileged port stays one. */
function portSpan(tuple: TupleFields, range: NatRange): { min: number; size: number } {
  if (range.minPort !== undefined && range.maxPort !== undefined) {
    return { min: range.minPort, size: range.maxPort - range.minPort + 1 };
  }
  if (isIcmpProto(tuple.proto)) return { min: 0, size: 65536 };
  if (tuple.srcPort >= 1024) return { min: 1024, size: 65535 - 1024 + 1 };
  return tuple.srcPort < 512 ? { min: 1, size: 511 } : { min: 600, size: 1023 - 600 + 1 };
}

function choosePort(request: UniqueTupleRequest, tuple: TupleFields): TupleFields {
  const { range, manip, rng } = request;
  const hasPorts = tuple.proto === IPPROTO.tcp || tuple.proto === IPPROTO.udp;
  if (!hasPorts && !isIcmpProto(tuple.proto)) return tuple;
  // A destination port changes only to one that the rule names.
  if (range.minPort === undefined && manip === 'dst') return tuple;
  const { min, size } = portSpan(tuple, range);
  if (range.basePort !== undefined) {
    return withPort(
      tuple,
      manip,
      min + ((((portOf(tuple, manip) - range.basePort) % size) + size) % size),
    );
  }
  let offset = range.randomFully === true || manip === 'src' ? rng.uint32() & 0xffff : 0;
  if (range.random === true) offset = rng.uint32() & 0xffff;
  let candidate = tuple;
  for (let attempts = Math.min(size, MAX_ATTEMPTS); ; attempts = attempts >> 1) {
    for (let attempt = 0; attempt < attempts; attempt++, offset++) {
      candidate = withPort(tuple, manip, min + (offset % size));
      if (!taken(request, candidate)) return candidate;
    }
    if (attempts >= size || attempts < MIN_ATTEMPTS) return candidate;
    offset = rng.uint32() & 0xffff;
  }
}
