import type { Ip } from '../../../addr/index.js';
import { isIpv4 } from '../../../addr/index.js';
import { MILLISECOND } from '../../../base/index.js';
import type { TcpOptions } from '../../../wire/packet.js';
import type { Netns } from '../../contract.js';
import { type FlowKey, flowHash } from '../hash.js';
import { readSysctl } from '../sysctl.js';
import { seqAdd, seqDiff } from './seq.js';

/** Segments that a new connection may send before anything is acknowledged (TCP_INIT_CWND). */
export const INITIAL_WINDOW_SEGMENTS = 10;

/** Shift that follows from tcp_rmem's maximum of 6 MiB. */
export const WINDOW_SCALE = 7;
/** Window field without scaling; also the window that a new connection offers at most. */
export const MAX_WINDOW = 65_535;
/** MSS assumed of a peer that names none (RFC 9293 section 3.7.1). */
const DEFAULT_MSS4 = 536;
const DEFAULT_MSS6 = 1220;
/** Octets of the timestamp option in every segment, padding included. */
const TIMESTAMP_BYTES = 12;
/** Largest window scale that is believed (RFC 7323 section 2.3). */
const MAX_WINDOW_SCALE = 14;

/** What two ends agreed on by the options of their SYNs. */
export interface Agreement {
  /** The MSS that the peer announced. */
  readonly peerMss: number;
  readonly timestamps: boolean;
  /** Shift of windows that the peer sends; undefined when scaling is off. */
  readonly sendScale: number | undefined;
  readonly sack: boolean;
  /** The peer's timestamp, to echo. */
  readonly tsRecent: number;
}

/** Headers of IP and TCP without options. */
export function headerBytes(remote: Ip): number {
  return isIpv4(remote) ? 40 : 60;
}

/** The MSS to announce over a route: its MTU less the headers. */
export function advertisedMss(routeMtuBytes: number, remote: Ip): number {
  const header = headerBytes(remote);
  // IPv4 counts its header into the 65,535 octets of a packet, IPv6 does not.
  return isIpv4(remote)
    ? Math.min(routeMtuBytes, MAX_WINDOW) - header
    : Math.min(routeMtuBytes - header, MAX_WINDOW - 20);
}

/** Options of a SYN, as `net.ipv4.tcp_timestamps`, `tcp_sack` and `tcp_window_scaling` say. */
export function synOptions(netns: Netns, mss: number, timestamp: number): TcpOptions {
  return {
    mss,
    ...(readSysctl(netns, 'net.ipv4.tcp_sack') === 0 ? undefined : { sackPermitted: true }),
    ...(readSysctl(netns, 'net.ipv4.tcp_timestamps') === 0
      ? undefined
      : { timestamp: { value: timestamp, echo: 0 } }),
    ...(readSysctl(netns, 'net.ipv4.tcp_window_scaling') === 0
      ? undefined
      : { windowScale: WINDOW_SCALE }),
  };
}

/** Options of a SYN-ACK: those that the SYN offered and this end wants too. */
export function synAckOptions(own: TcpOptions, agreed: Agreement): TcpOptions {
  const { mss, timestamp } = own;
  return {
    ...(mss === undefined ? undefined : { mss }),
    ...(agreed.sack ? { sackPermitted: true } : undefined),
    ...(agreed.timestamps && timestamp !== undefined
      ? { timestamp: { value: timestamp.value, echo: agreed.tsRecent } }
      : undefined),
    ...(agreed.sendScale === undefined ? undefined : { windowScale: WINDOW_SCALE }),
  };
}

/** What follows from the options of the peer's SYN or SYN-ACK and those that this end sends. */
export function agree(own: TcpOptions, peer: TcpOptions, remote: Ip): Agreement {
  const scaled = own.windowScale !== undefined && peer.windowScale !== undefined;
  return {
    peerMss: peer.mss ?? (isIpv4(remote) ? DEFAULT_MSS4 : DEFAULT_MSS6),
    timestamps: own.timestamp !== undefined && peer.timestamp !== undefined,
    sendScale: scaled ? Math.min(peer.windowScale ?? 0, MAX_WINDOW_SCALE) : undefined,
    sack: own.sackPermitted === true && peer.sackPermitted === true,
    tsRecent: peer.timestamp?.value ?? 0,
  };
}

/** The window a connection opens with (tcp_select_initial_window): 64 KiB in whole segments. */
export function initialWindow(advMss: number, timestamps: boolean): number {
  const mss = advMss - (timestamps ? TIMESTAMP_BYTES : 0);
  return MAX_WINDOW > mss ? Math.floor(MAX_WINDOW / mss) * mss : MAX_WINDOW;
}

/** Payload of a full segment: what the peer takes and the path carries, less the timestamp option. */
export function segmentPayload(agreed: Agreement, pathMtuBytes: number, remote: Ip): number {
  const mss = Math.min(agreed.peerMss, pathMtuBytes - headerBytes(remote));
  return Math.max(mss - (agreed.timestamps ? TIMESTAMP_BYTES : 0), 1);
}

/** The value of the timestamp option at a moment: milliseconds from a start that differs by peer. */
export function timestampAt(nowNs: number, offset: number): number {
  return (Math.floor(nowNs / MILLISECOND) + offset) >>> 0;
}

/** How long ago a timestamp of this end was sent, in nanoseconds; exact to a millisecond. */
export function sinceEchoNs(nowNs: number, offset: number, echo: number): number {
  return Math.max(seqDiff(timestampAt(nowNs, offset), echo), 0) * MILLISECOND;
}

/** Nanoseconds per tick of the clock in initial sequence numbers. */
const ISN_TICK_NS = 64;

/**
 * Initial sequence number of a flow (secure_tcp_seq, RFC 6528): a hash of its ends plus a clock, so that a new connection
 * between the same ports starts after the old one's numbers.
 */
export function initialSequence(flow: FlowKey, secret: number, nowNs: number): number {
  return seqAdd(flowHash(flow, secret), Math.floor(nowNs / ISN_TICK_NS) % 0x1_0000_0000);
}

/** Start of timestamps between two hosts (secure_tcp_ts_off): the same for all their connections, so that PAWS can compare them. */
export function timestampOffset(local: Ip, remote: Ip, secret: number): number {
  return flowHash({ local, localPort: 0, remote, remotePort: 0 }, secret);
}
