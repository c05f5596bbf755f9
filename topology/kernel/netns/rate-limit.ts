import type { Ipv4 } from '../../addr/index.js';
import { MILLISECOND, SECOND } from '../../base/index.js';

/** Errors that may leave at once to one address (XRLIM_BURST_FACTOR), for `icmp_ratelimit`. */
const ICMP_BURST = 6;

/** Errors about routes that may leave at once to one address (`route/error_burst` over `error_cost`). */
const ROUTE_ERROR_BURST = 5;

/** Redirects without effect after which a router stops (`route/redirect_number`). */
const REDIRECT_NUMBER = 9;

/** First pause between redirects (`route/redirect_load`), doubled each time. */
const REDIRECT_LOAD_NS = 20 * MILLISECOND;

/** Silence after which redirects start anew (`route/redirect_silence`). */
const REDIRECT_SILENCE_NS = 20_480 * MILLISECOND;

interface Account {
  tokensNs: number;
  lastNs: number;
}

interface Peer {
  readonly errors: Account;
  readonly routeErrors: Account;
  lastNs: number;
  redirects: number;
}

/** Limits of ICMP errors per destination (struct inet_peer). */
export class IcmpRateLimit {
  private readonly peers = new Map<Ipv4, Peer>();
  private readonly nowNs: () => number;
  private tokens = 50;
  private tokensAtNs = 0;

  constructor(nowNs: () => number) {
    this.nowNs = nowNs;
  }

  /** inet_peer_xrlim_allow: six at once, then one per `intervalNs`. */
  allowError(to: Ipv4, intervalNs: number): boolean {
    if (intervalNs === 0) return true;
    return this.take(this.peer(to).errors, intervalNs, ICMP_BURST);
  }

  /** ip_error: no route, or a route that refuses: five at once, then one per second. */
  allowRouteError(to: Ipv4): boolean {
    return this.take(this.peer(to).routeErrors, SECOND, ROUTE_ERROR_BURST);
  }

  /** ip_rt_send_redirect: ever less often to a host that does not listen. */
  allowRedirect(to: Ipv4): boolean {
    const now = this.nowNs();
    const peer = this.peer(to);
    if (now > peer.lastNs + REDIRECT_SILENCE_NS) {
      peer.redirects = 0;
    }
    if (peer.redirects >= REDIRECT_NUMBER) {
      peer.lastNs = now;
      return false;
    }
    const pauseNs = REDIRECT_LOAD_NS * 2 ** peer.redirects;
    if (peer.redirects !== 0 && now <= peer.lastNs + pauseNs) return false;
    peer.lastNs = now;
    peer.redirects++;
    return true;
  }

  /** icmp_msgs_per_sec and icmp_msgs_burst: of the whole namespace. */
  allowGlobal(perSecond: number, burst: number): boolean {
    const now = this.nowNs();
    this.tokens = Math.min(burst, this.tokens + ((now - this.tokensAtNs) / SECOND) * perSecond);
    this.tokensAtNs = now;
    if (this.tokens < 1) return false;
    this.tokens--;
    return true;
  }

  private take(account: Account, costNs: number, burst: number): boolean {
    const now = this.nowNs();
    account.tokensNs = Math.min(burst * costNs, account.tokensNs + now - account.lastNs);
    account.lastNs = now;
    if (account.tokensNs < costNs) return false;
    account.tokensNs -= costNs;
    return true;
  }

  private peer(address: Ipv4): Peer {
    let peer = this.peers.get(address);
    if (peer === undefined) {
      // A new peer has a full account.
      const lastNs = this.nowNs() - 60 * SECOND;
      peer = {
        errors: { tokensNs: 0, lastNs },
        routeErrors: { tokensNs: 0, lastNs },
        lastNs,
        redirects: 0,
      };
      this.peers.set(address, peer);
    }
    return peer;
  }
}
