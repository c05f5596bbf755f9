import { SECOND, type WheelTimer } from '../../../base/index.js';
import { TCP_ACK, TCP_RST, TCP_SYN } from '../../../wire/packet.js';
import { needsScope } from '../address.js';
import { InetSock } from '../inet-sock.js';
import { readSysctl } from '../sysctl.js';
import { Connection } from './connection.js';
import type { Arrival, TcpFlow } from './flow.js';
import {
  type Agreement,
  advertisedMss,
  agree,
  initialSequence,
  initialWindow,
  synAckOptions,
  synOptions,
  timestampAt,
  timestampOffset,
} from './handshake.js';
import { establish } from './input.js';
import type { Listener } from './listener.js';
import { after, before, seqAdd } from './seq.js';

interface RequestSpec {
  readonly listener: Listener;
  readonly sock: InetSock;
  readonly iss: number;
  readonly irs: number;
  readonly tsOffset: number;
  readonly routeMtuBytes: number;
  readonly advMss: number;
  readonly agreed: Agreement;
}

/** A SYN that was answered and not yet confirmed (struct request_sock): SYN-RECV without a connection's cost. */
export class Request implements TcpFlow {
  readonly kind = 'request';
  readonly state = 'SYN-RECV';
  readonly sock: InetSock;
  readonly iss: number;
  chain: TcpFlow | undefined = undefined;
  private readonly spec: RequestSpec;
  private readonly window: number;
  private readonly startedNs: number;
  private readonly timer: WheelTimer;
  private retransmits = 0;

  private constructor(spec: RequestSpec) {
    this.spec = spec;
    this.sock = spec.sock;
    this.iss = spec.iss;
    this.window = initialWindow(spec.advMss, spec.agreed.timestamps);
    const { clock } = spec.listener.layer.netns.host;
    this.startedNs = clock.nowNs;
    this.timer = clock.timer(() => this.timeout(), true);
  }

  /** Answers a SYN, unless there is no way back to who sent it. */
  static start(listener: Listener, arrival: Arrival): void {
    const { layer } = listener;
    const { netns } = layer;
    const { packet, segment, skb } = arrival;
    const device = listener.sock.device ?? (needsScope(packet.src) ? skb.dev : undefined);
    const chosen = netns.ip.chooseSource({
      dst: packet.src,
      src: packet.dst,
      ...(device === undefined ? undefined : { oif: device }),
    });
    if (!chosen.ok) {
      const sentence = `there is no route back to the client (${chosen.errno}), so the SYN is not answered`;
      netns.drop(skb, 'no-route', 'socket', sentence);
      return;
    }
    const sock = new InetSock(netns, listener.sock.creator, listener.sock);
    sock.inherit(listener.sock);
    sock.device = device;
    sock.address = packet.dst;
    sock.remoteAddress = packet.src;
    sock.remotePort = segment.srcPort;
    sock.bindState = 'connected';
    sock.trace = skb.trace;
    const { secret } = layer.context;
    const flow = {
      local: packet.dst,
      localPort: segment.dstPort,
      remote: packet.src,
      remotePort: segment.srcPort,
    };
    const tsOffset = timestampOffset(packet.dst, packet.src, secret);
    const advMss = advertisedMss(chosen.route.mtuBytes, packet.src);
    const own = synOptions(netns, advMss, timestampAt(netns.host.clock.nowNs, tsOffset));
    const request = new Request({
      listener,
      sock,
      iss: initialSequence(flow, secret, netns.host.clock.nowNs),
      irs: segment.seq,
      tsOffset,
      routeMtuBytes: chosen.route.mtuBytes,
      advMss,
      agreed: agree(own, segment.options, packet.src),
    });
    listener.requests.add(request);
    layer.addFlow(request);
    request.arm();
    request.sendSynAck(arrival);
  }

  /** tcp_check_req. */
  receive(arrival: Arrival): void {
    const { segment } = arrival;
    const { flags } = segment;
    const { listener, irs } = this.spec;
    const { layer } = listener;
    if ((flags & (TCP_SYN | TCP_ACK | TCP_RST)) === TCP_SYN && segment.seq === irs) {
      // Whoever asks again waits anew (tcp_check_req).
      this.sendSynAck(arrival);
      if (this.timer.armed) this.arm();
      return;
    }
    const next = seqAdd(irs, 1);
    const outside = before(segment.seq, next) || after(segment.seq, seqAdd(next, this.window));
    if ((flags & TCP_RST) !== 0) {
      if (!outside) this.drop();
      return;
    }
    if ((flags & TCP_ACK) === 0) return;
    if (segment.ack !== seqAdd(this.iss, 1) || (flags & TCP_SYN) !== 0) {
      layer.answerReset(arrival);
      return;
    }
    if (outside) return;
    if (listener.full) {
      listener.overflow(arrival);
      if (readSysctl(layer.netns, 'net.ipv4.tcp_abort_on_overflow') === 1) {
        layer.answerReset(arrival);
        this.drop();
      }
      return;
    }
    this.complete(arrival);
  }

  /** Forgets the request. */
  drop(): void {
    this.timer.cancel();
    this.spec.listener.requests.delete(this);
    this.spec.listener.layer.removeFlow(this);
  }

  abandon(): void {
    this.timer.cancel();
  }

  private complete(arrival: Arrival): void {
    const { spec } = this;
    const { listener } = spec;
    const { layer } = listener;
    this.drop();
    const { sock, iss, tsOffset, routeMtuBytes, advMss } = spec;
    const connection = new Connection({ layer, sock, iss, tsOffset, routeMtuBytes, advMss });
    connection.state = 'SYN-RECV';
    connection.rcvNxt = seqAdd(spec.irs, 1);
    connection.rcvWup = connection.rcvNxt;
    connection.rcvWnd = this.window;
    connection.receiveSpace.bytes = this.window;
    connection.timedAtNs = this.startedNs;
    connection.synRetransmitted = this.retransmits > 0;
    connection.settle(spec.agreed);
    establish(connection, arrival.segment);
    layer.addFlow(connection);
    layer.ports.add(connection, 'accept');
    connection.receive(arrival);
    listener.established(connection);
  }

  private arm(): void {
    this.timer.arm(Math.min(SECOND * 2 ** this.retransmits, 120 * SECOND));
  }

  /**
   * The SYN-ACK goes out again after 1, 3, 7, 15 and 31 s (tcp_synack_retries), then the request is forgotten
   * (reqsk_timer_handler).
   */
  private timeout(): void {
    const { layer, requests } = this.spec.listener;
    if (this.retransmits >= readSysctl(layer.netns, 'net.ipv4.tcp_synack_retries')) {
      this.drop();
      return;
    }
    this.sock.txHash++;
    this.retransmits++;
    this.sendSynAck(undefined);
    if (requests.has(this)) this.arm();
  }

  private sendSynAck(arrival: Arrival | undefined): void {
    const { spec, sock } = this;
    const { layer } = spec.listener;
    const { netns } = layer;
    const own = synOptions(netns, spec.advMss, timestampAt(netns.host.clock.nowNs, spec.tsOffset));
    layer.sendFor(sock, arrival?.skb, {
      seq: this.iss,
      ack: seqAdd(spec.irs, 1),
      flags: TCP_SYN | TCP_ACK,
      window: this.window,
      options: synAckOptions(own, spec.agreed),
    });
  }
}
