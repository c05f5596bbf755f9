/**
 * arping of iputils 20221126 and of busybox 1.35.
 *
 * Fidelity: the time that a reply took is that of the simulated clock; the real ones add what their own work takes.
 */
import {
  ETHERTYPE,
  emitFrame,
  formatIpv4,
  formatMac,
  type Ip,
  type Ipv4,
  isIpv4,
  MAC_BROADCAST,
  type Mac,
  type PacketSocket,
  parseFrame,
  strerror,
} from '../../../topology/index.js';
import type { DeviceView } from '../contract.js';
import { SIGNALS } from '../guest.js';
import { resolveName, resolveWords } from '../net/names.js';
import { hasCapability } from './capability.js';
import { milliseconds } from './ping/statistics.js';
import { type ParsedOptions, parseOptions, type Tool, type ToolIo } from './tool.js';
import { usageText } from './usage.js';

const SECOND_NS = 1_000_000_000;
const ARP_REQUEST = 1;
const ARP_REPLY = 2;
const PROBE_PORT = 1025;

const USAGE = usageText(
  'arping [-f] [-q] [-b] [-D|-U|-A] [-c COUNT] [-w SECONDS] [-i SECONDS] [-I DEVICE] [-s ADDRESS] HOST',
);

/** arping. */
export const arping: Tool = async (io) => {
  const options = parseOptions(io.args, {
    flags: 'fqbDUAV',
    withValue: ['c', 'w', 'i', 'I', 's'],
  });
  if (options.flags.has('V')) {
    await io.out('arping from iputils 20221126\n');
    return 0;
  }
  const name = options.rest.at(-1);
  if (name === undefined || options.unknown !== undefined) {
    await io.err(
      options.unknown === undefined
        ? USAGE
        : `arping: invalid option -- '${options.unknown[1] ?? ''}'\n${USAGE}`,
    );
    return io.busybox ? 1 : 2;
  }
  const made = hasCapability(io, 'NET_RAW') ? io.sys.packetSocket(ETHERTYPE.arp) : undefined;
  if (made?.ok !== true) return io.fail('socket: Operation not permitted', io.busybox ? 1 : 2);
  const socket = made.value;
  const place = await findPlace(io, options, name);
  const status =
    typeof place === 'number' ? place : await new Arping(io, options, { ...place, socket }).run();
  socket.close();
  return status;
};

interface Place {
  readonly device: DeviceView;
  readonly target: Ipv4;
  readonly source: Ipv4;
}

/** Device, target and source address; the exit status when one of them is refused. */
async function findPlace(
  io: ToolIo,
  options: ParsedOptions,
  name: string,
): Promise<Place | number> {
  const devices = io.guest.request.viewer?.devices() ?? [];
  const wanted = options.values.get('I') ?? (io.busybox ? 'eth0' : undefined);
  let device = devices.find(({ ifname }) => ifname === wanted);
  if (wanted !== undefined && device === undefined) {
    return io.busybox
      ? io.fail(`interface ${wanted} not found: No such device`, 2)
      : io.fail(`Device ${wanted} not available.`, 2);
  }
  const resolved = await resolveName(io.guest, name, { family: 'ipv4' });
  const target = resolved.ok ? resolved.value.addresses[0] : undefined;
  if (target === undefined || !isIpv4(target)) {
    if (io.busybox) return io.fail(`bad address '${name}'`);
    return io.fail(
      `${name}: ${resolved.ok ? 'Name or service not known' : resolveWords(resolved.error)}`,
      2,
    );
  }
  const isAnnouncing = options.flags.has('U') || options.flags.has('A');
  const given = options.values.get('s');
  const asked =
    given === undefined ? undefined : await resolveName(io.guest, given, { family: 'ipv4' });
  const from = asked?.ok === true ? asked.value.addresses[0] : undefined;
  const source = await sourceOf(io, {
    target,
    device,
    from: from ?? (isAnnouncing ? target : undefined),
    isProbe: options.flags.has('D'),
  });
  if (typeof source === 'string') return io.fail(source, 2);
  device ??= devices.find(({ addresses }) =>
    addresses.some(({ address }) => address === source.address),
  );
  if (device === undefined) {
    return io.fail('Suitable device could not be determined. Please, use option -I.', 2);
  }
  if (!device.flags.includes('UP')) {
    await io.err(`Interface "${device.ifname}" is down\n`);
    return 2;
  }
  if (device.flags.includes('NOARP') || device.kind === 'loopback') {
    await io.err(`Interface "${device.ifname}" is not ARPable\n`);
    return 2;
  }
  return { device, target, source: options.flags.has('D') ? (0 as Ipv4) : source.address };
}

/** The address that a datagram to the target would leave with; what is wrong, in words. */
async function sourceOf(
  io: ToolIo,
  how: {
    readonly target: Ipv4;
    readonly device: DeviceView | undefined;
    readonly from: Ip | undefined;
    readonly isProbe: boolean;
  },
): Promise<{ readonly address: Ipv4 } | string> {
  const made = io.guest.socket('dgram', how.target);
  if (!made.ok) return `socket: ${strerror(made.error)}`;
  const probe = made.value;
  if (how.device !== undefined) probe.bindToDevice(how.device.ifname);
  const refused = how.from === undefined ? undefined : probe.bind(how.from, 0);
  const failed = refused ?? (how.isProbe ? undefined : probe.connect(how.target, PROBE_PORT));
  const local = probe.local?.address;
  probe.close();
  if (refused !== undefined) return `bind: ${strerror(refused)}`;
  if (failed !== undefined) return `connect: ${strerror(failed)}`;
  return { address: local !== undefined && isIpv4(local) ? local : (0 as Ipv4) };
}

class Arping {
  private readonly io: ToolIo;
  private readonly options: ParsedOptions;
  private readonly place: Place & { readonly socket: PacketSocket };
  private peer: Mac = MAC_BROADCAST;
  private sent = 0;
  private broadcasts = 0;
  private received = 0;
  private requests = 0;
  private broadcastReplies = 0;
  private lastNs = 0;
  private isInterrupted = false;
  private wake: (() => void) | undefined = undefined;

  constructor(
    io: ToolIo,
    options: ParsedOptions,
    place: Place & { readonly socket: PacketSocket },
  ) {
    this.io = io;
    this.options = options;
    this.place = place;
    io.sys.onSignal(SIGNALS.INT, () => {
      this.isInterrupted = true;
      this.wake?.();
    });
  }

  async run(): Promise<number> {
    const { io, options, place } = this;
    place.socket.bind(place.device.ifname);
    await this.say(
      `ARPING ${formatIpv4(place.target)} from ${formatIpv4(place.source)} ${place.device.ifname}\n`,
    );
    const count = Number(options.values.get('c') ?? Number.POSITIVE_INFINITY);
    const intervalNs = Number(options.values.get('i') ?? 1) * SECOND_NS;
    const deadline = options.values.get('w');
    const endNs =
      deadline === undefined
        ? Number.POSITIVE_INFINITY
        : io.sys.nowNs + Number(deadline) * SECOND_NS;
    for (let sent = 0; sent < count && !this.isOver(count) && io.sys.nowNs <= endNs; sent++) {
      this.send();
      await this.listenUntil(Math.min(io.sys.nowNs + intervalNs, endNs), count);
      if (io.sys.nowNs >= endNs) {
        // The timer of the interval that ends with the deadline still sends.
        if (!io.busybox && !this.isOver(count) && sent + 1 < count) this.send();
        break;
      }
    }
    return this.sumUp();
  }

  private isOver(count: number): boolean {
    const { flags } = this.options;
    if (this.isInterrupted) return true;
    if (this.received === 0) return false;
    return flags.has('f') || flags.has('D') || (!this.io.busybox && this.received >= count);
  }

  private send(): void {
    const { options, place } = this;
    const isBroadcast = this.peer === MAC_BROADCAST;
    const isAnswer = options.flags.has('A');
    const frame = emitFrame({
      src: place.device.mac,
      dst: this.peer,
      etherType: ETHERTYPE.arp,
      packet: {
        kind: 'arp',
        op: isAnswer ? ARP_REPLY : ARP_REQUEST,
        senderMac: place.device.mac,
        senderIp: place.source,
        targetMac: isAnswer ? place.device.mac : this.peer,
        targetIp: place.target,
      },
    });
    this.lastNs = this.io.sys.nowNs;
    if (!place.socket.send(frame).ok) return;
    this.sent++;
    // busybox takes -c for the flag of an answered probe, and then counts no broadcasts.
    if (isBroadcast && !(this.io.busybox && options.values.has('c'))) this.broadcasts++;
  }

  private async listenUntil(untilNs: number, count: number): Promise<void> {
    const { io, place } = this;
    for (;;) {
      for (let got = place.socket.receive(); got.ok; got = place.socket.receive()) {
        await this.onFrame(got.value.octets, got.value.type !== 'host');
      }
      const left = untilNs - io.sys.nowNs;
      if (left <= 0 || this.isOver(count)) return;
      await new Promise<void>((resolve) => {
        const timer = Number.isFinite(left) ? io.sys.schedule(left, resolve) : undefined;
        this.wake = () => {
          timer?.cancel();
          resolve();
        };
        place.socket.onReady = this.wake;
      });
      place.socket.onReady = undefined;
    }
  }

  private async onFrame(octets: Uint8Array, isBroadcast: boolean): Promise<void> {
    const { io, options, place } = this;
    const parsed = parseFrame(octets);
    if (!parsed.ok || parsed.value.packet.kind !== 'arp') return;
    const { op, senderIp, senderMac, targetIp, targetMac } = parsed.value.packet;
    if (senderIp !== place.target || (op !== ARP_REQUEST && op !== ARP_REPLY)) return;
    if (options.flags.has('D')) {
      if (senderMac === place.device.mac) return;
    } else if (targetIp !== place.source || targetMac !== place.device.mac) return;
    this.received++;
    if (op === ARP_REQUEST) this.requests++;
    if (isBroadcast) this.broadcastReplies++;
    const mac = io.busybox ? formatMac(senderMac) : formatMac(senderMac).toUpperCase();
    const time = milliseconds(io.sys.nowNs - this.lastNs);
    await this.say(
      `${isBroadcast ? 'Broadcast' : 'Unicast'} ${op === ARP_REQUEST ? 'request' : 'reply'} from ${formatIpv4(senderIp)} [${mac}]${io.busybox ? '' : ' '} ${time}ms\n`,
    );
    if (!options.flags.has('b')) this.peer = senderMac;
  }

  private async sumUp(): Promise<number> {
    const { broadcastReplies, broadcasts, io, options, received, requests, sent } = this;
    if (io.busybox) {
      await this.say(
        `Sent ${sent} probe(s) (${broadcasts} broadcast(s))\nReceived ${received} response(s) (${requests} request(s), ${broadcastReplies} broadcast(s))\n`,
      );
    } else {
      const parts = [
        ...(requests > 0 ? [`${requests} request(s)`] : []),
        ...(broadcastReplies > 0 ? [`${broadcastReplies} broadcast(s)`] : []),
      ];
      const rest = parts.length > 0 ? ` (${parts.join(', ')})` : '';
      await this.say(
        `Sent ${sent} probes (${broadcasts} broadcast(s))\nReceived ${received} response(s)${rest}\n`,
      );
    }
    if (options.flags.has('D')) return received > 0 ? 1 : 0;
    if (options.flags.has('U') || options.flags.has('A')) return 0;
    return received > 0 ? 0 : 1;
  }

  private async say(text: string): Promise<void> {
    if (!this.options.flags.has('q')) await this.io.out(text);
  }
}
