import { formatMac, isMulticastMac, MAC_BROADCAST, type Mac } from '../../addr/index.js';
import { invariant, SECOND } from '../../base/index.js';
import { ETHERTYPE, l3Bytes } from '../../wire/index.js';
import type { DropReason } from '../drop.js';
import type { Skb } from '../skb.js';
import {
  bridgeForwardHooks,
  bridgeForwardPostrouting,
  bridgePrerouting,
  callsNetfilter,
} from './br-netfilter.js';
import {
  BRIDGE_PORT_STATE,
  BridgePort,
  portStateName,
  refusalText,
  refuses,
} from './bridge-port.js';
import type { NetDevice } from './device.js';
import type { Driver } from './driver.js';
import { Fdb, FdbEntry } from './fdb.js';
import { VLAN_HEADER_BYTES } from './veth.js';

/** MTU of a bridge without ports. */
const DEFAULT_MTU_BYTES = 1500;

/**
 * A learning bridge (net/bridge): the driver of the bridge device and the rx_handler of its ports.
 *
 * Fidelity: no spanning tree, VLAN filtering or multicast snooping; multicast is flooded.
 */
export class Bridge implements Driver {
  readonly fdb = new Fdb();
  /** In order of attachment. */
  readonly ports: BridgePort[] = [];
  /** The MAC address was given, so the ports do not decide it. */
  macFixed = false;
  mtuFixed = false;
  private own: NetDevice | undefined = undefined;

  /** The bridge device itself. */
  get device(): NetDevice {
    const device = this.own;
    invariant(device !== undefined, 'a bridge is attached to its device when it is made');
    return device;
  }

  /** Ties the bridge to its device; once, when made. */
  attach(device: NetDevice): void {
    this.own = device;
    this.putLocal(device.mac, undefined);
  }

  /** `ip link set BRIDGE address MAC`: from now on the ports do not decide it. */
  setMac(mac: Mac): void {
    this.macFixed = true;
    this.changeMac(mac);
  }

  /** A port got another MAC address. */
  portMacChanged(port: BridgePort, before: Mac): void {
    this.fdb.delete(before);
    this.putLocal(port.device.mac, port);
    this.adjust();
  }

  /** Takes the lowest MAC and the smallest MTU of its ports, where neither was set by hand. */
  adjust(): void {
    const { device } = this;
    if (!this.mtuFixed) {
      const sizes = this.ports.map((port) => port.device.mtuBytes);
      device.setMtu(sizes.length === 0 ? DEFAULT_MTU_BYTES : Math.min(...sizes));
    }
    if (this.macFixed || this.ports.length === 0) return;
    this.changeMac(Math.min(...this.ports.map((port) => port.device.mac)) as Mac);
  }

  private changeMac(mac: Mac): void {
    const { device } = this;
    if (mac === device.mac) return;
    if (this.fdb.find(device.mac, 0)?.port === undefined) this.fdb.delete(device.mac);
    device.mac = mac;
    if (this.fdb.find(mac, 0)?.local !== true) this.putLocal(mac, undefined);
  }

  /** `ip link set DEV master BRIDGE`. */
  addPort(device: NetDevice): BridgePort {
    const port = new BridgePort(device, this);
    device.port = port;
    this.ports.push(port);
    this.putLocal(device.mac, port);
    this.adjust();
    this.updatePort(port);
    this.updateCarrier();
    return port;
  }

  /** `ip link set DEV nomaster`, or the device is gone. */
  removePort(port: BridgePort): void {
    const index = this.ports.indexOf(port);
    if (index >= 0) this.ports.splice(index, 1);
    this.fdb.dropPort(port);
    port.device.port = undefined;
    this.putLocal(this.device.mac, undefined);
    this.adjust();
    this.updateCarrier();
  }

  /** `bridge link set dev DEV state N`: without spanning tree only `disabled` lasts. */
  setPortState(port: BridgePort, state: number): void {
    port.heldDown = state === BRIDGE_PORT_STATE.disabled;
    this.updatePort(port);
    this.updateCarrier();
  }

  /** Ports, options and addresses as they stand now; the answer puts them back and tells nobody. */
  save(): () => void {
    const { macFixed, mtuFixed } = this;
    const ports = this.ports.map((port) => ({ port, settings: { ...port } }));
    const restoreFdb = this.fdb.save();
    return () => {
      this.macFixed = macFixed;
      this.mtuFixed = mtuFixed;
      for (const { device } of this.ports) device.port = undefined;
      this.ports.length = 0;
      for (const { port, settings } of ports) {
        const { state, heldDown, hairpin, isolated, learning } = settings;
        Object.assign(port, { state, heldDown, hairpin, isolated, learning });
        port.device.port = port;
        this.ports.push(port);
      }
      restoreFdb();
    };
  }

  /** A port went up or down or lost its carrier. */
  portChanged(port: BridgePort): void {
    this.updatePort(port);
    this.updateCarrier();
  }

  linkChanged(): void {
    for (const port of this.ports) this.updatePort(port);
    this.updateCarrier();
  }

  removed(): void {
    for (const port of [...this.ports]) this.removePort(port);
  }

  /** The bridge device sends a frame of this host (br_dev_xmit). */
  xmit(device: NetDevice, skb: Skb): boolean {
    if (skb.bridgedDnatSrc === undefined) this.sendOwn(device, skb);
    else this.continueBridgedDnat(skb);
    return true;
  }

  /** A frame of the bridge's own host. */
  private sendOwn(device: NetDevice, skb: Skb): void {
    skb.physIn = undefined;
    skb.physOut = undefined;
    const dst = skb.dstMac;
    if (dst === undefined || dst === MAC_BROADCAST || isMulticastMac(dst)) {
      this.flood(skb, undefined, false);
      return;
    }
    const entry = this.fdb.find(dst, device.netns.nowNs);
    if (entry === undefined) {
      this.flood(skb, undefined, false);
      return;
    }
    if (entry.port === undefined) {
      const why =
        skb.trace === undefined ? '' : `${formatMac(dst)} is ${device.name}'s own address`;
      device.netns.drop(skb, 'bridge-no-port', 'bridge', why);
      return;
    }
    if (skb.trace !== undefined) this.stepKnown(skb, entry);
    this.forward(skb, undefined, entry.port);
  }

  /** Shows a frame on the bridge device at the time it arrives at a port, when it will be passed up. */
  showEarly(port: BridgePort, skb: Skb): void {
    if (this.device.tapped && this.passesUpEarly(port, skb)) {
      const type = skb.dstMac === this.device.mac ? 'host' : skb.pktType;
      this.device.showTaps(skb, 'in', type);
    }
  }

  /** A frame came in by a port (br_handle_frame). */
  handleFrame(port: BridgePort, skb: Skb): void {
    const device = this.device;
    if (port.state !== BRIDGE_PORT_STATE.forwarding && port.state !== BRIDGE_PORT_STATE.learning) {
      const why =
        skb.trace === undefined
          ? ''
          : `port ${port.device.name} of ${device.name} is ${portStateName(port.state)}, so its frames are ignored`;
      device.netns.drop(skb, 'bridge-port-down', 'bridge', why);
      return;
    }
    if (skb.srcMac !== undefined && isMulticastMac(skb.srcMac)) {
      device.netns.drop(
        skb,
        'malformed',
        'bridge',
        'the source of a frame must not be a group address',
      );
      return;
    }
    if (skb.dstMac === device.mac) skb.pktType = 'host';
    if (callsNetfilter(device, skb) && !bridgePrerouting(this, port, skb)) return;
    this.finishFrame(port, skb);
  }

  /** The second half of `handleFrame`, after PREROUTING (br_handle_frame_finish). */
  finishFrame(port: BridgePort, skb: Skb): void {
    const device = this.device;
    const nowNs = device.netns.nowNs;
    const { srcMac, dstMac } = skb;
    if (srcMac === undefined || dstMac === undefined) return;
    if (port.learning) {
      const change = this.fdb.learn(srcMac, port, nowNs);
      if (change !== undefined && skb.trace !== undefined) {
        const verb = change === 'new' ? 'learns that' : 'notes that now';
        const text = `${device.name} ${verb} ${formatMac(srcMac)} is behind port ${port.device.name}`;
        device.netns.step(skb, 'bridge', 'learn', text);
      }
    }
    if (port.state === BRIDGE_PORT_STATE.learning) {
      device.netns.drop(
        skb,
        'bridge-port-down',
        'bridge',
        `port ${port.device.name} is learning only`,
      );
      return;
    }
    if (dstMac === MAC_BROADCAST || isMulticastMac(dstMac)) {
      this.flood(skb, port, true);
      return;
    }
    const entry = this.fdb.find(dstMac, nowNs);
    if (entry?.local === true) {
      this.passUp(skb, port);
      return;
    }
    const copy = device.promisc || device.promiscuity > 0 ? skb.clone() : undefined;
    if (entry?.port !== undefined) {
      if (skb.trace !== undefined) this.stepKnown(skb, entry);
      this.forward(skb, port, entry.port);
    } else this.flood(skb, port, false);
    if (copy !== undefined) this.passUp(copy, port);
  }

  /** Sends a frame out by one port, if it may leave there (br_forward). */
  forward(skb: Skb, from: BridgePort | undefined, to: BridgePort): void {
    const refusal = refuses(from, to);
    if (refusal !== undefined) {
      this.dropRefused(skb, to, refusal);
      return;
    }
    this.deliver(skb, from, to);
  }

  private deliver(skb: Skb, from: BridgePort | undefined, to: BridgePort): void {
    const netns = this.device.netns;
    if (from !== undefined && skb.physIn !== undefined && callsNetfilter(this.device, skb)) {
      skb.physOut = to.device;
      if (!bridgeForwardHooks(this, skb)) return;
      const pieces = bridgeForwardPostrouting(this, skb, to);
      if (pieces === undefined) return;
      for (const piece of pieces) this.push(piece, to);
      return;
    }
    if (skb.segmentBytes > to.device.mtuBytes + VLAN_HEADER_BYTES) {
      this.dropTooLong(skb, to);
      return;
    }
    skb.fragMaxBytes = 0;
    if (netns !== to.device.netns) return;
    to.device.transmit(skb);
  }

  private push(skb: Skb, to: BridgePort): void {
    if (skb.segmentBytes > to.device.mtuBytes + VLAN_HEADER_BYTES) this.dropTooLong(skb, to);
    else to.device.transmit(skb);
  }

  /** Sends a copy out by every port but the one it came in by, the port attached last first; then passes it up. */
  private flood(skb: Skb, from: BridgePort | undefined, up: boolean): void {
    const ports = this.ports;
    let last: BridgePort | undefined;
    if (skb.trace !== undefined) this.stepFlood(skb, from, up);
    // The tap of the bridge device shows the time of arrival, before the copies leave.
    const copyUp = up ? skb.clone() : undefined;
    if (copyUp !== undefined && from !== undefined) this.tapUp(copyUp, from);
    for (let index = ports.length - 1; index >= 0; index--) {
      const port = ports[index];
      if (port === undefined) continue;
      const refusal = refuses(from, port);
      if (refusal === 'bridge-port-down') {
        // Who looks for the receiver must see where the frame did not go.
        const copy = skb.trace === undefined ? skb : skb.clone();
        this.dropRefused(copy, port, refusal);
      }
      if (refusal !== undefined) continue;
      if (last !== undefined) this.deliver(skb.clone(), from, last);
      last = port;
    }
    if (last !== undefined) this.deliver(skb, from, last);
    else if (copyUp === undefined) {
      const why = skb.trace === undefined ? '' : `${this.device.name} has no other port that is up`;
      this.device.netns.drop(skb, 'bridge-no-port', 'bridge', why);
    }
    if (copyUp !== undefined && from !== undefined) this.receiveUp(copyUp);
  }

  private passUp(skb: Skb, from: BridgePort): void {
    if (skb.trace !== undefined) {
      const text = `the frame is for ${this.device.name} itself, so this host takes it`;
      this.device.netns.step(skb, 'bridge', 'pass-up', text);
    }
    this.tapUp(skb, from);
    this.receiveUp(skb);
  }

  private tapUp(skb: Skb, from: BridgePort): void {
    const device = this.device;
    if (!device.tapped || this.passesUpEarly(from, skb)) return;
    device.showTaps(skb, 'in', skb.pktType);
  }

  private receiveUp(skb: Skb): void {
    if (this.device.up) this.device.receiveFromPort(skb);
  }

  private passesUpEarly(port: BridgePort, skb: Skb): boolean {
    const { device } = this;
    const { dstMac } = skb;
    // br_netfilter may hold or change an IP packet, so it is shown when it really comes up.
    const ip = skb.etherType === ETHERTYPE.ipv4 || skb.etherType === ETHERTYPE.ipv6;
    if (ip || dstMac === undefined || !device.up) return false;
    if (port.state !== BRIDGE_PORT_STATE.forwarding) return false;
    return dstMac === device.mac || dstMac === MAC_BROADCAST || isMulticastMac(dstMac);
  }

  /** A translated frame whose receiver is now known goes on as if it had just come in (br_nf_dev_xmit). */
  private continueBridgedDnat(skb: Skb): void {
    const port = this.ports.find((candidate) => candidate.device === skb.physIn);
    skb.srcMac = skb.bridgedDnatSrc;
    skb.bridgedDnatSrc = undefined;
    if (port === undefined) {
      this.device.netns.drop(skb, 'bridge-port-down', 'bridge', 'the port it came in by is gone');
      return;
    }
    skb.dev = port.device;
    this.finishFrame(port, skb);
  }

  private updatePort(port: BridgePort): void {
    const alive = this.device.up && port.device.up && port.device.carrier && !port.heldDown;
    const state = alive ? BRIDGE_PORT_STATE.forwarding : BRIDGE_PORT_STATE.disabled;
    if (state === port.state) return;
    port.state = state;
    if (!alive) this.fdb.flushLearned(port);
  }

  private updateCarrier(): void {
    const alive = this.ports.some((port) => port.state === BRIDGE_PORT_STATE.forwarding);
    this.device.setCarrier(this.device.up && alive);
  }

  private putLocal(mac: Mac, port: BridgePort | undefined): void {
    this.fdb.put(new FdbEntry({ mac, port, local: true, permanent: true, seenNs: 0 }));
  }

  private dropTooLong(skb: Skb, to: BridgePort): void {
    const why =
      skb.trace === undefined
        ? ''
        : `the packet has ${l3Bytes(skb.packet)} octets and port ${to.device.name} has MTU ${to.device.mtuBytes}; a bridge tells nobody`;
    to.device.stats.txDropped++;
    this.device.netns.drop(skb, 'mtu-exceeded', 'bridge', why);
  }

  private dropRefused(skb: Skb, to: BridgePort, reason: DropReason): void {
    this.device.netns.drop(
      skb,
      reason,
      'bridge',
      skb.trace === undefined ? '' : refusalText(to, reason),
    );
  }

  private stepKnown(skb: Skb, entry: FdbEntry): void {
    const { device } = this;
    const age = Math.floor((device.netns.nowNs - entry.seenNs) / SECOND);
    const since = entry.permanent ? 'configured' : `learned ${age} s ago`;
    const text = `${device.name} knows ${formatMac(entry.mac)} on port ${entry.port?.device.name ?? '?'} (${since}), so the frame goes out there only`;
    device.netns.step(skb, 'bridge', 'forward', text);
  }

  private stepFlood(skb: Skb, from: BridgePort | undefined, up: boolean): void {
    const names = this.ports
      .filter((port) => refuses(from, port) === undefined)
      .map((port) => port.device.name)
      .reverse();
    const why =
      skb.dstMac === MAC_BROADCAST
        ? 'a broadcast goes to everyone'
        : skb.dstMac !== undefined && isMulticastMac(skb.dstMac)
          ? 'a multicast goes to everyone'
          : `${this.device.name} does not know where ${formatMac(skb.dstMac ?? MAC_BROADCAST)} is`;
    const to = names.length === 0 ? 'no other port is up' : `a copy leaves by ${names.join(', ')}`;
    const text = `${why}: ${to}${up ? `, and ${this.device.name} itself takes one` : ''}`;
    this.device.netns.step(skb, 'bridge', 'flood', text);
  }
}
