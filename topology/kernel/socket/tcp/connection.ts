import { fail, ok, type Result, type SimClock, type WheelTimer } from '../../../base/index.js';
import type { SackBlock } from '../../../wire/packet.js';
import type { Netns } from '../../contract.js';
import type { Errno } from '../../errno.js';
import type { Skb } from '../../skb.js';
import type { Received } from '../../sys.js';
import { toUser } from '../address.js';
import type { InetSock, SocketQueues } from '../inet-sock.js';
import type { Arrival, TcpFlow, TcpHolder } from './flow.js';
import {
  type Agreement,
  INITIAL_WINDOW_SEGMENTS,
  initialWindow,
  segmentPayload,
} from './handshake.js';
import { receiveSegment } from './input.js';
import { keepaliveTimeout } from './keepalive.js';
import { sendReset } from './output.js';
import { Rack } from './rack.js';
import { ReceiveBuffer } from './receive-buffer.js';
import { ReceiveSpace } from './receive-space.js';
import { reorderTimeout } from './recovery.js';
import { sendLossProbe } from './retransmit.js';
import { RttEstimator } from './rtt.js';
import { SendQueue } from './send-queue.js';
import { after, seqAdd } from './seq.js';
import { SocketLock } from './socket-lock.js';
import type { TcpLayer } from './tcp-layer.js';
import { TimeWait } from './time-wait.js';
import { delayedAckTimeout, persistTimeout, retransmitTimeout } from './timeouts.js';
import type { LossTimer } from './timers.js';
import { queueFin, sendMessage } from './write.js';

/** States of RFC 9293 section 3.3.2, in the words of `ss`; LISTEN is a `Listener`, TIME-WAIT a `TimeWait`. */
export type TcpState =
  | 'SYN-SENT'
  | 'SYN-RECV'
  | 'ESTAB'
  | 'FIN-WAIT-1'
  | 'FIN-WAIT-2'
  | 'CLOSE-WAIT'
  | 'LAST-ACK'
  | 'CLOSING'
  | 'CLOSED';

/** Most octets a program may have waiting to be sent or acknowledged. */
const SEND_BUFFER_BYTES = 262_144;

/** What a connection starts with. */
export interface ConnectionSpec {
  readonly layer: TcpLayer;
  readonly sock: InetSock;
  readonly iss: number;
  readonly tsOffset: number;
  readonly routeMtuBytes: number;
  readonly advMss: number;
}

/**
 * A TCP connection, RFC 9293, with what Linux adds: timestamps and window scaling (RFC 7323), SACK (RFC 2018) with RACK
 * and tail loss probes (RFC 8985) or NewReno without it (RFC 6582), delayed acknowledgements with a quick start.
 * `input.ts` takes segments in, `ack.ts` acknowledgements, `write.ts` sends, `recovery.ts` heals losses, `timers.ts` waits.
 *
 * Fidelity: congestion avoidance is Reno's, neither CUBIC nor BBR, without pacing; F-RTO (RFC 5682), undoing of needless
 * recoveries, ECN, urgent data and Fast Open are not modelled. The send buffer is a fixed 256 KiB, the receive window
 * grows as the program reads.
 */
export class Connection implements TcpFlow {
  readonly kind = 'connection';
  readonly layer: TcpLayer;
  readonly sock: InetSock;
  readonly netns: Netns;
  readonly clock: SimClock;
  chain: TcpFlow | undefined = undefined;
  state: TcpState = 'SYN-SENT';
  /** Called when the program may find something new; undefined before accept and after close. */
  onEvent: (() => void) | undefined = undefined;
  /** The socket that called connect(): it keeps a port it had bound when the connection ends. */
  holder: TcpHolder | undefined = undefined;
  /** The program closed it: nobody will read or write any more. */
  orphan = false;
  /** The segment being treated; what is sent meanwhile is caused by it. */
  cause: Skb | undefined = undefined;

  readonly iss: number;
  readonly tsOffset: number;
  readonly routeMtuBytes: number;
  readonly advMss: number;
  agreed: Agreement | undefined = undefined;
  synRetransmitted = false;

  /** Oldest unacknowledged; the send buffer starts there once the SYN is acknowledged. */
  sndUna: number;
  /** Highest sent plus one. */
  sndNxt: number;
  /** After the last octet written, the FIN counted once the program closed. */
  writeSeq: number;
  /** `writeSeq` when a packet last got its PSH. */
  pushedSeq: number;
  sndWnd = 0;
  sndWl1 = 0;
  /** The largest window that the peer offered. */
  maxWindow = 0;
  /** End of the last segment that was not full (Minshall's variant of Nagle's rule). */
  sndSmall: number;
  readonly sendQueue = new SendQueue();
  writeClosed = false;
  /** Sequence number of the FIN, once the program closed. */
  finSeq: number | undefined = undefined;
  mss = 0;
  /** Congestion window and slow start threshold in segments. */
  cwnd = INITIAL_WINDOW_SEGMENTS;
  ssthresh = Number.POSITIVE_INFINITY;
  cwndCount = 0;
  /** Linux's congestion states: nothing amiss, something out of order, losses being repaired, after a timeout. */
  caState: 'open' | 'disorder' | 'recovery' | 'loss' = 'open';
  /** Where recovery ends. */
  highSeq = 0;
  priorCwnd = 0;
  prrDelivered = 0;
  prrOut = 0;
  readonly rack = new Rack();
  /** SND.NXT at the loss probe under way, and whether it carried old data. */
  probeHighSeq: number | undefined = undefined;
  probeResent = false;
  readonly rtt = new RttEstimator();
  /** When the SYN left. */
  timedAtNs = 0;
  retransmits = 0;
  firstRetransmitNs = 0;
  probes = 0;
  softError: Errno | undefined = undefined;
  /** The timer for unacknowledged data, what it waits for, and whether this acknowledgement sets it anew. */
  readonly retransmitTimer: WheelTimer;
  lossTimer: LossTimer | undefined = undefined;
  timerDue = false;
  probeTimer: WheelTimer | undefined = undefined;
  keepaliveTimer: WheelTimer | undefined = undefined;
  /** When the peer last acknowledged anything. */
  lastAckNs = 0;

  rcvNxt = 0;
  /** `rcvNxt` when the last acknowledgement was sent. */
  rcvWup = 0;
  rcvWnd: number;
  tsRecent = 0;
  readonly receiveBuffer = new ReceiveBuffer();
  /** What came a second time, until an acknowledgement has told it. */
  duplicate: SackBlock | undefined = undefined;
  /** The peer will send no more. */
  finReceived = false;
  readClosed = false;
  readonly receiveSpace: ReceiveSpace;
  /** A program's call keeps the network waiting. */
  readonly lock = new SocketLock(this);
  ackPending = false;
  quickAcks = 0;
  pingPong = false;
  /** 0 until data came, then how long an acknowledgement may wait. */
  ackDelayNs = 0;
  lastDataNs = 0;
  readonly delayedAckTimer: WheelTimer;
  /** The delayed acknowledgement timer counts (ICSK_ACK_TIMER); else it fires in vain. */
  ackTimed = false;
  private eventPending = false;

  constructor(spec: ConnectionSpec) {
    this.layer = spec.layer;
    this.sock = spec.sock;
    this.netns = spec.layer.netns;
    this.clock = spec.layer.netns.host.clock;
    this.retransmitTimer = this.clock.timer(() => this.lossTimeout());
    this.delayedAckTimer = this.clock.timer(() => {
      if (!this.ackTimed) return;
      this.ackTimed = false;
      this.timeout('delayed-ack');
    });
    this.iss = spec.iss;
    this.tsOffset = spec.tsOffset;
    this.routeMtuBytes = spec.routeMtuBytes;
    this.advMss = spec.advMss;
    this.sndUna = spec.iss;
    this.sndNxt = seqAdd(spec.iss, 1);
    this.writeSeq = this.sndNxt;
    this.pushedSeq = this.sndNxt;
    this.sndSmall = spec.iss;
    this.rcvWnd = initialWindow(spec.advMss, false);
    this.receiveSpace = new ReceiveSpace(this, this.rcvWnd);
    spec.sock.onDeliveryError = (errno) => this.deliveryFailed(errno);
  }

  /** What waits in it, and the timer that runs for it. */
  queues(): SocketQueues {
    const lossTimed = this.lossTimer !== undefined;
    const timer = lossTimed ? this.retransmitTimer : this.probeTimer;
    return {
      receiveQueue: this.receiveBuffer.readable,
      sendQueue: this.state === 'SYN-SENT' ? 1 : this.sendQueue.buffer.length,
      ...(timer?.armed === true
        ? {
            timer: {
              name: lossTimed ? 'on' : 'persist',
              leftNs: Math.max(0, timer.expiresNs - this.clock.nowNs),
              retransmits: this.retransmits,
            },
          }
        : {}),
    };
  }

  /** The end of what the peer's window takes. */
  get windowEnd(): number {
    return seqAdd(this.sndUna, this.sndWnd);
  }

  /** Whether the FIN was sent and everything acknowledged. */
  get finAcked(): boolean {
    return this.finSeq !== undefined && after(this.sndUna, this.finSeq);
  }

  /** Takes over what the handshake settled. */
  settle(agreed: Agreement): void {
    this.agreed = agreed;
    this.tsRecent = agreed.tsRecent;
    this.updateMss();
  }

  /** Follows the path MTU; true when full segments became smaller. */
  updateMss(): boolean {
    const { agreed, sock } = this;
    const remote = sock.remoteAddress;
    if (agreed === undefined || remote === undefined) return false;
    const learned = this.netns.ip.pathMtu(remote) ?? this.routeMtuBytes;
    const before = this.mss;
    this.mss = segmentPayload(agreed, Math.min(learned, this.routeMtuBytes), remote);
    return before > this.mss;
  }

  receive(arrival: Arrival): void {
    if (this.lock.owned) {
      this.lock.defer(arrival);
      return;
    }
    this.cause = arrival.skb;
    receiveSegment(this, arrival);
    this.cause = undefined;
    this.flushEvent();
  }

  /** Notes that the program should look; it is told when the segment is treated to the end. */
  wake(): void {
    this.eventPending = true;
    if (this.cause === undefined) this.flushEvent();
  }

  /** write(2). */
  write(octets: Uint8Array): Result<number, Errno> {
    const pending = this.sock.takeError();
    if (pending !== undefined) return fail(pending);
    if (this.state === 'SYN-SENT' || this.state === 'SYN-RECV') return fail('EAGAIN');
    if (this.writeClosed || this.state === 'CLOSED') return fail('EPIPE');
    const room = SEND_BUFFER_BYTES - this.sendQueue.buffer.length;
    if (room <= 0) return fail('EAGAIN');
    const taken = Math.min(room, octets.length);
    this.lock.run(() => sendMessage(this, octets.slice(0, taken)));
    return ok(taken);
  }

  /** Whether so much room came free that a writer who was refused should try again. */
  get writable(): boolean {
    return this.sendQueue.buffer.length * 3 <= SEND_BUFFER_BYTES * 2;
  }

  /** read(2). */
  read(max: number): Result<Received, Errno> {
    const { receiveBuffer, sock } = this;
    if (receiveBuffer.readable > 0 && max > 0) {
      const octets = receiveBuffer.read(max);
      this.receiveSpace.afterRead(octets.length);
      return ok(this.received(octets));
    }
    // The end of the stream comes before an error (SOCK_DONE).
    const pending = this.finReceived ? undefined : sock.takeError();
    if (pending !== undefined) return fail(pending);
    if (this.finReceived || this.readClosed) return ok(this.received(new Uint8Array(0)));
    return this.state === 'CLOSED' ? fail('ENOTCONN') : fail('EAGAIN');
  }

  /** shutdown(2) of the sending half: a FIN follows what is still to be sent. */
  closeWrite(): void {
    switch (this.state) {
      case 'ESTAB':
      case 'SYN-RECV':
        this.state = 'FIN-WAIT-1';
        break;
      case 'CLOSE-WAIT':
        this.state = 'LAST-ACK';
        break;
      default:
        return;
    }
    this.writeClosed = true;
    queueFin(this);
  }

  /** close(2): RST when something was left unread (RFC 2525 section 2.17) or SO_LINGER is 0, else FIN; the rest goes on without a program. */
  close(): void {
    this.onEvent = undefined;
    this.orphan = true;
    const unread = this.receiveBuffer.readable > 0;
    this.readClosed = true;
    if (this.state === 'CLOSED') return;
    if (this.state === 'SYN-SENT') {
      this.destroy();
      return;
    }
    if (unread || this.sock.lingerSeconds === 0) {
      this.abort();
      return;
    }
    this.closeWrite();
    if (this.state === 'FIN-WAIT-2') this.becomeTimeWait('FIN-WAIT-2');
  }

  /** Ends with an RST. */
  abort(): void {
    if (this.state !== 'SYN-SENT' && this.state !== 'CLOSED') sendReset(this);
    this.destroy();
  }

  /** Ends with an error for the program. */
  fail(errno: Errno): void {
    this.sock.setError(errno);
    this.readClosed = true;
    this.writeClosed = true;
    this.destroy();
    this.wake();
  }

  /** One of its timers ran out. */
  timeout(which: LossTimer | 'persist' | 'delayed-ack' | 'keepalive'): void {
    switch (which) {
      case 'retransmit':
        retransmitTimeout(this);
        return;
      case 'probe':
        sendLossProbe(this);
        return;
      case 'reorder':
        reorderTimeout(this);
        return;
      case 'persist':
        persistTimeout(this);
        return;
      case 'keepalive':
        keepaliveTimeout(this);
        return;
      case 'delayed-ack':
        delayedAckTimeout(this);
    }
  }

  /** Hands the rest of its life to a record without buffers or timers (tcp_time_wait). */
  becomeTimeWait(substate: 'FIN-WAIT-2' | 'TIME-WAIT'): void {
    this.stopTimers();
    const record = new TimeWait(this, substate);
    this.layer.replaceFlow(this, record);
    this.state = 'CLOSED';
    this.writeClosed = true;
  }

  /** Forgets the connection; nothing is sent. */
  destroy(): void {
    this.stopTimers();
    this.sendQueue.clear();
    this.state = 'CLOSED';
    this.layer.removeFlow(this);
  }

  abandon(): void {
    this.onEvent = undefined;
    this.stopTimers();
    this.state = 'CLOSED';
  }

  /** A packet of this connection could not be delivered (neighbour unresolved). */
  deliveryFailed(errno: Errno): void {
    if (this.state === 'CLOSED') return;
    if (this.state === 'SYN-SENT' || this.state === 'SYN-RECV') this.fail(errno);
    else this.softError = errno;
  }

  private received(octets: Uint8Array): Received {
    const { sock } = this;
    const address = sock.remoteAddress ?? sock.address;
    return { octets, from: { address: toUser(sock.domain, address), port: sock.remotePort } };
  }

  private stopTimers(): void {
    this.retransmitTimer.cancel();
    this.probeTimer?.cancel();
    this.keepaliveTimer?.cancel();
    this.delayedAckTimer.cancel();
    this.lossTimer = undefined;
    this.ackTimed = false;
  }

  private lossTimeout(): void {
    const what = this.lossTimer;
    if (what === undefined) return;
    this.lossTimer = undefined;
    this.timeout(what);
  }

  private flushEvent(): void {
    if (!this.eventPending) return;
    this.eventPending = false;
    this.onEvent?.();
  }
}
