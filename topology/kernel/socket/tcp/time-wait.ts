import { SECOND } from '../../../base/index.js';
import { NO_TCP_OPTIONS, TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from '../../../wire/packet.js';
import type { InetSock, SocketQueues } from '../inet-sock.js';
import { readSysctl } from '../sysctl.js';
import type { Connection } from './connection.js';
import type { Arrival, TcpFlow } from './flow.js';
import { timestampAt, WINDOW_SCALE } from './handshake.js';
import { after, before, seqAdd } from './seq.js';
import type { TcpLayer } from './tcp-layer.js';

/** How long TIME-WAIT lasts (TCP_TIMEWAIT_LEN). */
export const TIME_WAIT_NS = 60 * SECOND;

/**
 * What is left of a connection that was closed first at this end: enough to answer late segments and to keep its ports.
 * It has no timer: it counts as gone from `expiresNs` on, so a simulation without traffic can come to rest.
 */
export class TimeWait implements TcpFlow {
  readonly kind = 'time-wait';
  readonly sock: InetSock;
  state: 'FIN-WAIT-2' | 'TIME-WAIT';
  chain: TcpFlow | undefined = undefined;
  expiresNs: number;
  /** When the timestamp to echo was last renewed. */
  tsRecentAtNs: number;
  readonly timestamps: boolean;
  private readonly layer: TcpLayer;
  private readonly sndNxt: number;
  private rcvNxt: number;
  private readonly rcvWnd: number;
  private readonly tsOffset: number;
  private tsRecent: number;
  private readonly scaled: boolean;

  constructor(connection: Connection, state: 'FIN-WAIT-2' | 'TIME-WAIT') {
    const { sock, layer } = connection;
    this.layer = layer;
    this.sock = sock;
    this.state = state;
    this.sndNxt = connection.sndNxt;
    this.rcvNxt = connection.rcvNxt;
    this.rcvWnd = connection.rcvWnd;
    this.tsOffset = connection.tsOffset;
    this.tsRecent = connection.tsRecent;
    this.timestamps = connection.agreed?.timestamps === true;
    this.scaled = connection.agreed?.sendScale !== undefined;
    const now = connection.clock.nowNs;
    this.tsRecentAtNs = now;
    const finWait = readSysctl(layer.netns, 'net.ipv4.tcp_fin_timeout') * SECOND;
    this.expiresNs = connection.clock.wheelAtNs(state === 'FIN-WAIT-2' ? finWait : TIME_WAIT_NS);
    sock.bindState = 'time-wait';
    sock.fd = undefined;
    sock.onDeliveryError = undefined;
  }

  /** Nothing but the time until its ports are free. */
  queues(): SocketQueues {
    const leftNs = Math.max(0, this.expiresNs - this.layer.netns.host.clock.nowNs);
    return { receiveQueue: 0, sendQueue: 0, timer: { name: 'timewait', leftNs, retransmits: 0 } };
  }

  /** tcp_timewait_state_process. */
  receive(arrival: Arrival): void {
    if (this.state === 'FIN-WAIT-2') this.receiveInFinWait2(arrival);
    else this.receiveInTimeWait(arrival);
  }

  abandon(): void {
    this.expiresNs = 0;
  }

  private receiveInFinWait2(arrival: Arrival): void {
    const { segment } = arrival;
    const { flags, seq, payload } = segment;
    const fin = (flags & TCP_FIN) !== 0;
    const end = seqAdd(seq, payload.length + (fin ? 1 : 0));
    if ((flags & TCP_RST) !== 0) {
      if (seq === this.rcvNxt) this.layer.removeFlow(this);
      return;
    }
    if (before(end, this.rcvNxt) || after(seq, seqAdd(this.rcvNxt, this.rcvWnd))) {
      this.answer(arrival);
      return;
    }
    if ((flags & TCP_ACK) === 0 || end === seq || !after(end, this.rcvNxt)) return;
    if (!fin || end !== seqAdd(this.rcvNxt, 1)) {
      // Data for a program that has closed: nobody will read it.
      this.layer.answerReset(arrival);
      this.layer.removeFlow(this);
      return;
    }
    this.state = 'TIME-WAIT';
    this.rcvNxt = end;
    this.renew(arrival);
    this.answer(arrival);
  }

  private receiveInTimeWait(arrival: Arrival): void {
    const { segment } = arrival;
    const { flags, seq, options } = segment;
    const reset = (flags & TCP_RST) !== 0;
    if (reset) {
      if (seq === this.rcvNxt) this.layer.removeFlow(this);
      return;
    }
    const newerStamp =
      this.timestamps &&
      options.timestamp !== undefined &&
      after(options.timestamp.value, this.tsRecent);
    const syn = (flags & (TCP_SYN | TCP_ACK)) === TCP_SYN;
    if (syn && (after(seq, this.rcvNxt) || newerStamp)) {
      // A new connection between the same ports: its numbers cannot be mistaken for the old ones.
      this.layer.removeFlow(this);
      this.layer.receiveForListener(arrival);
      return;
    }
    if (
      seq === this.rcvNxt &&
      segment.payload.length === 0 &&
      (flags & (TCP_SYN | TCP_FIN)) === 0
    ) {
      return;
    }
    this.renew(arrival);
    this.answer(arrival);
  }

  private renew(arrival: Arrival): void {
    const { clock } = this.layer.netns.host;
    const { timestamp } = arrival.segment.options;
    if (timestamp !== undefined && this.timestamps && !before(timestamp.value, this.tsRecent)) {
      this.tsRecent = timestamp.value;
      this.tsRecentAtNs = clock.nowNs;
    }
    this.expiresNs = clock.wheelAtNs(TIME_WAIT_NS);
    this.layer.noteExpiry(this);
  }

  private answer(arrival: Arrival): void {
    const now = this.layer.netns.host.clock.nowNs;
    this.layer.reply(arrival, {
      seq: this.sndNxt,
      ack: this.rcvNxt,
      flags: TCP_ACK,
      window: this.scaled ? this.rcvWnd >>> WINDOW_SCALE : this.rcvWnd,
      options: this.timestamps
        ? { timestamp: { value: timestampAt(now, this.tsOffset), echo: this.tsRecent } }
        : NO_TCP_OPTIONS,
    });
  }
}
