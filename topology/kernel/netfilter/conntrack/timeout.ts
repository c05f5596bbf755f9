import { MILLISECOND, SECOND } from '../../../base/index.js';
import type { Netns } from '../../contract.js';
import type { TcpState } from './tcp-state.js';

/** How long UDP must be answered before it counts as a stream. */
export const UDP_STREAM_AFTER_NS = 2 * SECOND;

/** nf_conntrack_max of a machine with 8 GiB or more, when the sysctl says nothing. */
export const CONNTRACK_MAX = 262_144;

/** For how long settings are used before they are read again. */
const READ_AGAIN_NS = 100 * MILLISECOND;

/** The timeouts of conntrack, in nanoseconds. */
export interface Timeouts {
  readonly udpNs: number;
  readonly udpStreamNs: number;
  readonly icmpNs: number;
  readonly icmp6Ns: number;
  readonly genericNs: number;
  readonly tcpNs: Readonly<Record<TcpState, number>>;
  /** Of TCP seen one way only, after a pick-up in the middle. */
  readonly tcpUnacknowledgedNs: number;
  /** Of TCP whose segments come again and again, or whose window is shut. */
  readonly tcpRetransmittedNs: number;
  /** Equal acknowledgements in a row that count as that (nf_conntrack_tcp_max_retrans). */
  readonly maxRetransmissions: number;
  /** nf_conntrack_tcp_be_liberal: only resets outside of the window are INVALID. */
  readonly beLiberal: boolean;
  /** nf_conntrack_tcp_loose: connections may be picked up in the middle. */
  readonly loose: boolean;
  /** nf_conntrack_tcp_ignore_invalid_rst. */
  readonly ignoreInvalidReset: boolean;
}

/**
 * The timeouts as the `net.netfilter.nf_conntrack_*_timeout*` sysctls of a namespace say; Linux's defaults where they
 * say nothing.
 *
 * Fidelity: a change is seen within 100 ms.
 */
export class TimeoutSettings {
  private readonly netns: Netns;
  private present: Timeouts | undefined = undefined;
  private readAtNs = 0;

  constructor(netns: Netns) {
    this.netns = netns;
  }

  /** The timeouts in force at a moment. */
  at(nowNs: number): Timeouts {
    if (this.present === undefined || nowNs - this.readAtNs >= READ_AGAIN_NS) {
      this.present = this.read();
      this.readAtNs = nowNs;
    }
    return this.present;
  }

  private read(): Timeouts {
    const ns = (name: string, seconds: number): number => {
      const set = this.netns.sysctl(`net.netfilter.nf_conntrack_${name}`);
      return (set > 0 ? set : seconds) * SECOND;
    };
    return {
      udpNs: ns('udp_timeout', 30),
      udpStreamNs: ns('udp_timeout_stream', 120),
      icmpNs: ns('icmp_timeout', 30),
      icmp6Ns: ns('icmpv6_timeout', 30),
      genericNs: ns('generic_timeout', 600),
      tcpUnacknowledgedNs: ns('tcp_timeout_unacknowledged', 300),
      tcpRetransmittedNs: ns('tcp_timeout_max_retrans', 300),
      maxRetransmissions: this.netns.sysctl('net.netfilter.nf_conntrack_tcp_max_retrans'),
      beLiberal: this.netns.sysctl('net.netfilter.nf_conntrack_tcp_be_liberal') !== 0,
      loose: this.netns.sysctl('net.netfilter.nf_conntrack_tcp_loose') !== 0,
      ignoreInvalidReset:
        this.netns.sysctl('net.netfilter.nf_conntrack_tcp_ignore_invalid_rst') !== 0,
      tcpNs: {
        NONE: 0,
        SYN_SENT: ns('tcp_timeout_syn_sent', 120),
        SYN_RECV: ns('tcp_timeout_syn_recv', 60),
        ESTABLISHED: ns('tcp_timeout_established', 432_000),
        FIN_WAIT: ns('tcp_timeout_fin_wait', 120),
        CLOSE_WAIT: ns('tcp_timeout_close_wait', 60),
        LAST_ACK: ns('tcp_timeout_last_ack', 30),
        TIME_WAIT: ns('tcp_timeout_time_wait', 120),
        CLOSE: ns('tcp_timeout_close', 10),
        SYN_SENT2: ns('tcp_timeout_syn_sent', 120),
      },
    };
  }
}
