/** An echo request, and the socket it leaves by. */
import type { Errno, Ip, Result, Socket } from '../../../../topology/index.js';
import { isIpv4 } from '../../../../topology/index.js';
import type { ToolIo } from '../tool.js';

const HEADER_BYTES = 8;
/** Octets of a struct timeval, with which data begins when it fits. */
export const TIMESTAMP_BYTES = 16;

/** An echo request with an identifier, a sequence number and data. */
export function echoRequest(
  address: Ip,
  how: {
    readonly id: number;
    readonly sequence: number;
    readonly size: number;
    readonly pattern: Uint8Array | undefined;
  },
): Uint8Array {
  const { id, pattern, sequence, size } = how;
  const octets = new Uint8Array(HEADER_BYTES + size);
  octets[0] = isIpv4(address) ? 8 : 128;
  octets[4] = id >> 8;
  octets[5] = id;
  octets[6] = sequence >> 8;
  octets[7] = sequence;
  for (let at = HEADER_BYTES; at < octets.length; at++) {
    const index = at - HEADER_BYTES;
    octets[at] = pattern === undefined ? index : (pattern[index % pattern.length] ?? 0);
  }
  return octets;
}

/** A ping socket, or a raw one where `net.ipv4.ping_group_range` allows none (create_socket of ping.c). */
export function openEcho(io: ToolIo, address: Ip, mayRaw: boolean): Result<Socket, Errno> {
  const made = io.guest.socket('ping', address);
  if (made.ok || !mayRaw) return made;
  return io.guest.socket('raw', address);
}
