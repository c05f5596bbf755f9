import { type Ip, isIpv4, type PortHolder } from '../../../topology/index.js';

/** The other end, or the wildcard of the family. */
export function peerOf(holder: PortHolder): { readonly address: Ip; readonly port: number } {
  return holder.remote ?? { address: isIpv4(holder.address) ? ZERO4 : ZERO6, port: 0 };
}

const ZERO4 = 0 as Ip;
const ZERO6 = 0n as Ip;

/** The number that a socket has as a file. */
export function inodeOf(holder: PortHolder): number {
  return 20_000 + holder.pid * 64 + (holder.fd ?? 63);
}
