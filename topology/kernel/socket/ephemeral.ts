import type { Rng } from '../../base/index.js';

/** Inclusive range of `net.ipv4.ip_local_port_range`. */
export interface PortRange {
  readonly low: number;
  readonly high: number;
}

/**
 * Chooses a TCP port for bind(0) (inet_csk_find_open_port): from a random start, ports of the parity that connect()
 * avoids, then the others; with SO_REUSEADDR the lower half of the range first. Ranges of odd size lose their last port.
 */
export function chooseTcpBindPort(
  range: PortRange,
  rng: Rng,
  options: { readonly reuseAddr: boolean; isFree(port: number): boolean },
): number | undefined {
  const end = range.high + 1;
  const halve = options.reuseAddr && end - range.low >= 4;
  const middle = range.low + (((end - range.low) >> 2) << 1);
  const parts = halve
    ? [
        { low: range.low, end: middle },
        { low: middle, end },
      ]
    : [{ low: range.low, end }];
  for (const part of parts) {
    const remaining = evenSize(part.end - part.low);
    if (remaining <= 0) continue;
    const start = rng.below(remaining) | 1;
    for (const offset of [start, start - 1]) {
      const port = scan({ ...part, remaining, offset, isFree: options.isFree });
      if (port !== undefined) return port;
    }
  }
  return undefined;
}

/**
 * Chooses the source port of a TCP connection (__inet_hash_connect): ports of the parity of the range's first, from
 * `offset` on, then the others; so bind(0) and connect() rarely meet.
 */
export function chooseTcpConnectPort(
  range: PortRange,
  offset: number,
  isFree: (port: number) => boolean,
): number | undefined {
  const end = range.high + 1;
  const remaining = evenSize(end - range.low);
  if (remaining <= 0) return undefined;
  const first = (offset % remaining) & ~1;
  for (const start of remaining > 1 ? [first, first + 1] : [first]) {
    const port = scan({ low: range.low, end, remaining, offset: start, isFree });
    if (port !== undefined) return port;
  }
  return undefined;
}

/** Chooses a UDP port for bind(0) and unbound senders: the first free one from a random start, in odd steps. */
export function chooseUdpPort(
  range: PortRange,
  rng: Rng,
  isFree: (port: number) => boolean,
): number | undefined {
  const size = range.high - range.low + 1;
  if (size <= 0) return undefined;
  const start = rng.below(size);
  for (let index = 0; index < size; index++) {
    const port = range.low + ((start + index) % size);
    if (isFree(port)) return port;
  }
  return undefined;
}

function evenSize(size: number): number {
  return size > 1 ? size & ~1 : size;
}

interface Scan {
  readonly low: number;
  readonly end: number;
  readonly remaining: number;
  readonly offset: number;
  isFree(port: number): boolean;
}

/** Every second port from the offset, round the range once. */
function scan({ low, end, remaining, offset, isFree }: Scan): number | undefined {
  let port = low + offset;
  for (let index = 0; index < remaining; index += 2) {
    if (port >= end) port -= remaining;
    if (isFree(port)) return port;
    port += 2;
  }
  return undefined;
}
