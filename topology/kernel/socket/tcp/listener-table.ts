import { type Ip, isIpv4 } from '../../../addr/index.js';
import type { Skb } from '../../skb.js';
import { flowHash, scaleHash } from '../hash.js';
import type { InetSock } from '../inet-sock.js';
import type { Arrival } from './flow.js';
import type { Listener } from './listener.js';

/** The listeners of a namespace, by port. */
export class ListenerTable {
  private readonly byPort = new Map<number, Listener[]>();
  private readonly secret: number;

  constructor(secret: number) {
    this.secret = secret;
  }

  /** Every listener, in order of ports' first use. */
  get all(): Listener[] {
    return [...this.byPort.values()].flat();
  }

  add(listener: Listener): void {
    const { port } = listener.sock;
    const list = this.byPort.get(port);
    if (list === undefined) this.byPort.set(port, [listener]);
    else list.push(listener);
  }

  remove(listener: Listener): void {
    const { port } = listener.sock;
    const left = (this.byPort.get(port) ?? []).filter((other) => other !== listener);
    if (left.length === 0) this.byPort.delete(port);
    else this.byPort.set(port, left);
  }

  clear(): void {
    this.byPort.clear();
  }

  /** The listener that fits best; among those that share a port by SO_REUSEPORT, the one the flow's hash picks. */
  find({ skb, packet, segment }: Arrival): Listener | undefined {
    let best: Listener | undefined;
    let bestScore = -1;
    const list = this.byPort.get(segment.dstPort);
    if (list === undefined) return undefined;
    for (const listener of list) {
      const value = scoreListener(listener.sock, skb, packet.dst);
      if (value < 0 || value < bestScore) continue;
      best = listener;
      bestScore = value;
    }
    if (best === undefined || list.length === 1 || !best.sock.reusePort) return best;
    const { address, device } = best.sock;
    const group = list.filter(
      ({ sock }) => sock.reusePort && sock.address === address && sock.device === device,
    );
    const flow = {
      local: packet.dst,
      localPort: segment.dstPort,
      remote: packet.src,
      remotePort: segment.srcPort,
    };
    return group[scaleHash(flowHash(flow, this.secret), group.length)] ?? best;
  }
}

const SPECIFIC = 8;
const DEVICE = 4;
const IPV4_FAMILY = 1;

/** compute_score of inet_hashtables.c: -1 when the listener does not match. */
function scoreListener(sock: InetSock, skb: Skb, local: Ip): number {
  const { address } = sock;
  let value = 0;
  if (address === local) value = SPECIFIC;
  else if (isIpv4(local)) {
    if (address !== 0 && !(address === 0n && !sock.v6only)) return -1;
  } else if (address !== 0n) return -1;
  if (sock.device !== undefined) {
    if (sock.device !== skb.dev) return -1;
    value += DEVICE;
  }
  return sock.domain === 'inet' ? value + IPV4_FAMILY : value;
}
