import { MAC_BROADCAST, type Mac } from '../../addr/index.js';
import { fail, ok, type Result } from '../../base/index.js';
import { ETHERNET_HEADER_BYTES, emitFrame, type Frame, parseFrame } from '../../wire/index.js';
import type { Device, TapListener } from '../contract.js';
import type { Errno } from '../errno.js';
import { type PacketType, Skb } from '../skb.js';
import type { CapturedFrame, PacketSocket } from '../sys.js';
import type { SocketContext } from './context.js';
import type { SocketCreator } from './factory.js';
import { Fifo } from './fifo.js';

/** ETH_P_ALL of if_ether.h: frames of every protocol, those that are sent included. */
export const ETH_P_ALL = 3;

/** Frames that wait to be read: what the ring of libpcap (2 MiB) holds of frames of full size. */
const QUEUE_LIMIT = 1300;
const MAC_ZERO = 0 as Mac;

interface Waiting {
  readonly frame: Frame;
  readonly atNs: number;
  readonly device: Device;
  readonly type: PacketType;
}

/**
 * A packet socket (packet(7), SOCK_RAW): frames as they pass devices, and a way to send whole frames.
 *
 * Fidelity: a socket for one protocol also sees frames that a bridge takes from the device before Linux would hand them
 * to it; memberships in groups of receivers are not modelled, but for promiscuity.
 */
export class FramePacketSocket implements PacketSocket {
  readonly fd: number;
  onReady: (() => void) | undefined = undefined;
  private readonly context: SocketContext;
  private readonly creator: SocketCreator;
  private readonly protocol: number;
  private readonly queue = new Fifo<Waiting>();
  private readonly taps = new Map<Device, () => void>();
  private stopWatching: (() => void) | undefined = undefined;
  private bound: Device | undefined = undefined;
  private promiscuous: Device | undefined = undefined;
  private pendingError: Errno | undefined = undefined;
  private accepts: ((octets: Uint8Array) => boolean) | undefined = undefined;
  private received = 0;
  private dropped = 0;
  private isClosed = false;

  constructor(context: SocketContext, creator: SocketCreator, protocol: number) {
    this.context = context;
    this.creator = creator;
    this.protocol = protocol;
    this.fd = context.nextFd(creator);
    context.opened(creator, this);
    this.watchAll();
  }

  bind(ifname: string): Errno | undefined {
    if (this.isClosed) return 'EBADF';
    const { netns } = this.context;
    if (ifname === '') {
      this.bound = undefined;
      this.untap();
      this.watchAll();
      return undefined;
    }
    const device = netns.device(ifname);
    if (device === undefined) return 'ENODEV';
    this.untap();
    this.bound = device;
    this.watch(device);
    // packet_do_bind: a device that is down is taken, and the next call hears of it.
    if (!device.up) this.pendingError = 'ENETDOWN';
    return undefined;
  }

  setPromiscuous(): Errno | undefined {
    if (this.bound === undefined) return 'ENODEV';
    if (this.promiscuous !== undefined) return undefined;
    this.promiscuous = this.bound;
    this.promiscuous.changePromiscuity(1);
    return undefined;
  }

  setFilter(accepts: ((octets: Uint8Array) => boolean) | undefined): void {
    this.accepts = accepts;
  }

  receive(): Result<CapturedFrame, Errno> {
    if (this.isClosed) return fail('EBADF');
    const errno = this.takeError();
    if (errno !== undefined) return fail(errno);
    const first = this.queue.shift();
    if (first === undefined) return fail('EAGAIN');
    const { atNs, device, frame, type } = first;
    const { ifindex, name: ifname } = device;
    return ok({ octets: emitFrame(frame), atNs, ifindex, ifname, type });
  }

  send(octets: Uint8Array, ifname?: string): Result<number, Errno> {
    if (this.isClosed) return fail('EBADF');
    const device = ifname === undefined ? this.bound : this.context.netns.device(ifname);
    if (device === undefined) return fail('ENXIO');
    if (!device.up) return fail('ENETDOWN');
    if (octets.length < ETHERNET_HEADER_BYTES) return fail('EINVAL');
    if (octets.length > ETHERNET_HEADER_BYTES + device.mtuBytes) return fail('EMSGSIZE');
    const parsed = parseFrame(octets);
    if (!parsed.ok) return fail('EINVAL');
    const { dst, etherType, packet, src } = parsed.value;
    const skb = new Skb(packet, etherType);
    skb.srcMac = src;
    skb.dstMac = dst;
    device.transmit(skb);
    return ok(octets.length);
  }

  takeError(): Errno | undefined {
    const errno = this.pendingError;
    this.pendingError = undefined;
    return errno;
  }

  takeStatistics(): { readonly received: number; readonly dropped: number } {
    const taken = { received: this.received, dropped: this.dropped };
    this.received = 0;
    this.dropped = 0;
    return taken;
  }

  close(): void {
    if (this.isClosed) return;
    this.abandon();
    this.context.closed(this.creator, this);
  }

  abandon(): void {
    this.isClosed = true;
    this.onReady = undefined;
    this.untap();
    this.queue.clear();
  }

  private readonly listener: TapListener = (skb, direction, device, type) => {
    if (device.netns !== this.context.netns) return;
    if (this.protocol !== ETH_P_ALL) {
      if (direction === 'out' || skb.etherType !== this.protocol) return;
    }
    const frame: Frame = {
      src: skb.srcMac ?? MAC_ZERO,
      dst: skb.dstMac ?? (device.kind === 'loopback' ? MAC_ZERO : MAC_BROADCAST),
      etherType: skb.etherType,
      packet: skb.packet,
    };
    if (this.accepts !== undefined && !this.accepts(emitFrame(frame))) return;
    this.received++;
    if (this.queue.size >= QUEUE_LIMIT) {
      this.dropped++;
      return;
    }
    const atNs = this.context.netns.host.clock.nowNs;
    this.queue.push({ frame, atNs, device, type });
    this.onReady?.();
  };

  private watchAll(): void {
    const { netns } = this.context;
    for (const device of netns.devices) this.watch(device);
    this.stopWatching = netns.onDeviceAdded((device) => this.watch(device));
  }

  private watch(device: Device): void {
    if (!this.taps.has(device)) this.taps.set(device, device.tap(this.listener));
  }

  private untap(): void {
    for (const stop of this.taps.values()) stop();
    this.taps.clear();
    this.stopWatching?.();
    this.stopWatching = undefined;
    this.promiscuous?.changePromiscuity(-1);
    this.promiscuous = undefined;
  }
}
