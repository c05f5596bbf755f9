import { type Ip, isIpv4 } from '../../addr/index.js';
import { SECOND } from '../../base/index.js';

/** How long a learned path MTU is believed (`route/mtu_expires`). */
const MTU_EXPIRES_NS = 600 * SECOND;

/** Smallest path MTU that is believed: `route/min_pmtu`, and what IPv6 asks of every link. */
const MIN_PMTU_BYTES = 552;
const MIN_PMTU6_BYTES = 1280;

interface Exception {
  mtuBytes: number;
  mtuUntilNs: number;
  gateway: Ip | undefined;
}

/**
 * What this host learned about single destinations from ICMP (fib_nh_exception): path MTUs and redirects.
 *
 * Fidelity: Linux keeps them per route and source; here per destination.
 */
export class RouteExceptions {
  private readonly byDestination = new Map<Ip, Exception>();
  private readonly nowNs: () => number;

  constructor(nowNs: () => number) {
    this.nowNs = nowNs;
  }

  /** Learned path MTU, in octets. */
  mtuOf(dst: Ip): number | undefined {
    if (this.byDestination.size === 0) return undefined;
    const found = this.byDestination.get(dst);
    if (found === undefined || found.mtuBytes === 0) return undefined;
    if (this.nowNs() <= found.mtuUntilNs) return found.mtuBytes;
    found.mtuBytes = 0;
    return undefined;
  }

  /** Gateway that a redirect named. */
  gatewayOf(dst: Ip): Ip | undefined {
    return this.byDestination.size === 0 ? undefined : this.byDestination.get(dst)?.gateway;
  }

  /** A router said that packets to this destination must be smaller. */
  learnMtu(dst: Ip, mtuBytes: number): void {
    const entry = this.entry(dst);
    entry.mtuBytes = Math.max(mtuBytes, isIpv4(dst) ? MIN_PMTU_BYTES : MIN_PMTU6_BYTES);
    entry.mtuUntilNs = this.nowNs() + MTU_EXPIRES_NS;
  }

  /** A router named a better next hop. */
  learnGateway(dst: Ip, gateway: Ip): void {
    this.entry(dst).gateway = gateway;
  }

  /** A route changed: what was learned about the old one is void. */
  clear(): void {
    this.byDestination.clear();
  }

  private entry(dst: Ip): Exception {
    let entry = this.byDestination.get(dst);
    if (entry === undefined) {
      entry = { mtuBytes: 0, mtuUntilNs: 0, gateway: undefined };
      this.byDestination.set(dst, entry);
    }
    return entry;
  }
}
