import { type Ip, isIpv4 } from '../../addr/index.js';

/** Both ends of a flow, seen from this namespace. */
export interface FlowKey {
  readonly local: Ip;
  readonly localPort: number;
  readonly remote: Ip;
  readonly remotePort: number;
}

/** Spreads a flow over 32 bits with a secret (inet_ehashfn): the same flow always gets the same number. */
export function flowHash(flow: FlowKey, secret: number): number {
  let hash = mix(secret, fold(flow.local));
  hash = mix(hash, fold(flow.remote));
  hash = mix(hash, flow.localPort * 0x10000 + flow.remotePort);
  return hash >>> 0;
}

/** Maps a hash to 0 (inclusive) … `count` (exclusive) (reciprocal_scale). */
export function scaleHash(hash: number, count: number): number {
  return Math.floor((hash / 0x1_0000_0000) * count);
}

function fold(address: Ip): number {
  if (isIpv4(address)) return address;
  let rest: bigint = address;
  let folded = 0;
  for (let word = 0; word < 4; word++) {
    folded = mix(folded, Number(rest & 0xffffffffn));
    rest >>= 32n;
  }
  return folded;
}

function mix(hash: number, value: number): number {
  let mixed = Math.imul(hash ^ value, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
