import type { Ip } from '../../addr/index.js';
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

/**
 * What a namespace remembers of an address. Errors, errors about routes and redirects share it, as they do in
 * Linux: an error about a route costs two tokens, and redirects move the time that tokens are counted from.
 */
interface Peer {
  tokensNs: number;
  lastNs: number;
  redirects: number;
}

/** Limits of ICMP errors per destination (struct inet_peer), both families. */
export class IcmpRateLimit {
  private readonly peers = new Map<Ip, Peer>();
  private readonly nowNs: () => number;
  private tokens = 50;
  private tokensAtNs = 0;

  constructor(nowNs: () => number) {
    this.nowNs = nowNs;
  }

  /** inet_peer_xrlim_allow: six at once, then one per `intervalNs`. */
  allowError(to: Ip, intervalNs: number): boolean {
    if (intervalNs === 0) return true;
    return take(this.peer(to), this.nowNs(), { costNs: intervalNs, burst: ICMP_BURST });
  }

  /**
   * ip_error: no route, or a route that refuses. Who passes is asked by `allowError` again, so two leave at once,
   * and a sender that tries more often than every two seconds hears nothing more.
   */
  allowRouteError(to: Ip): boolean {
    return take(this.peer(to), this.nowNs(), { costNs: SECOND, burst: ROUTE_ERROR_BURST });
  }

  /** ip_rt_send_redirect: ever less often to a host that does not listen. */
  allowRedirect(to: Ip): boolean {
    const now = this.nowNs();
    const peer = this.peer(to);
    if (now > peer.lastNs + REDIRECT_SILENCE_NS) {
      peer.tokensNs = 0;
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

  private peer(address: Ip): Peer {
    let peer = this.peers.get(address);
    if (peer === undefined) {
      // A new peer has a full account.
      peer = { tokensNs: 0, lastNs: this.nowNs() - 60 * SECOND, redirects: 0 };
      this.peers.set(address, peer);
    }
    return peer;
  }
}

function take(
  peer: Peer,
  nowNs: number,
  { costNs, burst }: { readonly costNs: number; readonly burst: number },
): boolean {
  peer.tokensNs = Math.min(burst * costNs, peer.tokensNs + nowNs - peer.lastNs);
  peer.lastNs = nowNs;
  if (peer.tokensNs < costNs) return false;
  peer.tokensNs -= costNs;
  return true;
}
