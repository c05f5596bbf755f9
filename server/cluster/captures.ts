/** Captures on devices of pods and machines, for pages that watch them live. */
import {
  type Device,
  emitFrame,
  emitPcapng,
  type Frame,
  type Ip,
  MAC_BROADCAST,
  MAC_ZERO,
  type NetNamespace,
  parseFrame,
  parseIp,
  picturePacket,
} from '../../topology/index.js';
import type { CapturedLine, CaptureNews, CaptureRequest } from '../contract/capture.js';
import type { PacketPicture } from '../contract/journey.js';
import { frameFilter, frameTeller } from '../program/index.js';
import type { Cluster } from './cluster.js';
import { podProcess } from './pod-process.js';
import { type Reply, refuse, reply } from './reply.js';

/** Captures of one cluster at a time; the one that nobody read for longest gives way. */
const MOST_CAPTURES = 8;
/** Frames that a capture keeps: the newest. */
const KEPT_FRAMES = 1000;
/** Octets of all frames that a capture keeps. */
const KEPT_OCTETS = 4_000_000;
/** Frames that a capture looks at per second of real time; others are counted as dropped. */
const FRAMES_PER_SECOND = 2000;
/** A capture that nobody reads ends after this long. */
const PATIENCE_MS = 15_000;
/** Lines that one reading gives. */
const LINES_AT_ONCE = 200;
/** Octets of a frame that are shown one by one. */
const SHOWN_OCTETS = 2048;

interface Kept {
  readonly line: CapturedLine;
  readonly octets: Uint8Array;
  readonly atNs: number;
}

interface Capture {
  readonly kept: Kept[];
  readonly stop: () => void;
  octets: number;
  seen: number;
  dropped: number;
  readMs: number;
}

/** The captures of a cluster. Nothing is tapped while there is none. */
export class Captures {
  private readonly cluster: Cluster;
  private readonly captures = new Map<string, Capture>();
  private sweeper: NodeJS.Timeout | undefined;
  private lastId = 0;

  constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  /** Begins a capture and gives its id; refuses unknown devices and filters in tcpdump's words. */
  start({ device, filter, of }: CaptureRequest): Reply<string> {
    const found = netnsOf(this.cluster, String(of));
    if (!found.ok) return found;
    const devices = devicesOf(found.value, String(device));
    if (devices.length === 0) return refuse(`${String(device)}: No such device exists`);
    const test = frameFilter(String(filter), (name) => addressesOf(this.cluster, name));
    if (!test.ok) return refuse(test.error);
    const id = String(++this.lastId);
    const capture = this.tap(devices, test.value);
    this.captures.set(id, capture);
    this.sweeper ??= setInterval(() => this.sweep(), PATIENCE_MS / 3).unref();
    if (this.captures.size > MOST_CAPTURES) this.stop(this.oldest());
    return reply(id);
  }

  /** Lines behind a number. */
  read(id: string, after: number): Reply<CaptureNews> {
    const capture = this.captures.get(id);
    if (capture === undefined) return refuse(GONE);
    capture.readMs = performance.now();
    const { dropped, kept, seen } = capture;
    const first = kept[0]?.line.number ?? 1;
    const from = Math.max(0, after - first + 1);
    const lines = kept.slice(from, from + LINES_AT_ONCE).map(({ line }) => line);
    return reply({ lines, seen, dropped, first });
  }

  /** Ends a capture and forgets it; one that is gone is fine. */
  stop(id: string): void {
    this.captures.get(id)?.stop();
    this.captures.delete(id);
    if (this.captures.size > 0) return;
    clearInterval(this.sweeper);
    this.sweeper = undefined;
  }

  /** A frame, header by header. */
  packet(id: string, number: number): Reply<PacketPicture> {
    const found = this.captures.get(id)?.kept.find(({ line }) => line.number === number);
    const parsed = found === undefined ? undefined : parseFrame(found.octets);
    if (found === undefined || parsed?.ok !== true) return refuse('this frame is no longer kept');
    const { dst, packet, src } = parsed.value;
    const { layers, octets } = picturePacket({ srcMac: src, dstMac: dst, packet });
    return reply({
      layers,
      octets: Buffer.from(octets.subarray(0, SHOWN_OCTETS)).toString('hex'),
      length: octets.length,
    });
  }

  /** What is kept, as pcapng in base64. */
  file(id: string): Reply<string> {
    const capture = this.captures.get(id);
    if (capture === undefined) return refuse(GONE);
    const names = [...new Set(capture.kept.map(({ line }) => line.device))];
    const startNs = BigInt(this.cluster.options.epochMs) * 1_000_000n;
    const octets = emitPcapng(
      names.map((name) => ({ name })),
      capture.kept.map(({ atNs, line, octets }) => ({
        device: names.indexOf(line.device),
        atNs: startNs + BigInt(atNs),
        octets,
        direction: line.direction,
      })),
    );
    return reply(Buffer.from(octets).toString('base64'));
  }

  private tap(devices: readonly Device[], accepts: (octets: Uint8Array) => boolean): Capture {
    const tell = frameTeller();
    const { clock } = this.cluster.fabric;
    const { epochMs } = this.cluster.options;
    let secondMs = performance.now();
    let inSecond = 0;
    const stops = devices.map((device) =>
      device.tap((skb, direction) => {
        const nowMs = performance.now();
        if (nowMs - secondMs > 1000) {
          secondMs = nowMs;
          inSecond = 0;
        }
        if (++inSecond > FRAMES_PER_SECOND) {
          capture.dropped++;
          return;
        }
        const frame: Frame = {
          src: skb.srcMac ?? MAC_ZERO,
          dst: skb.dstMac ?? (device.kind === 'loopback' ? MAC_ZERO : MAC_BROADCAST),
          etherType: skb.etherType,
          packet: skb.packet,
        };
        const octets = emitFrame(frame);
        if (!accepts(octets)) return;
        const atNs = clock.nowNs;
        const microseconds = Math.floor(epochMs * 1000 + atNs / 1000);
        const text = tell({
          octets,
          originalBytes: octets.length,
          seconds: Math.floor(microseconds / 1e6),
          microseconds: microseconds % 1e6,
        });
        keep(
          capture,
          { device: device.name, direction, text, length: octets.length },
          octets,
          atNs,
        );
      }),
    );
    const capture: Capture = {
      kept: [],
      stop: () => {
        for (const stop of stops) stop();
      },
      octets: 0,
      seen: 0,
      dropped: 0,
      readMs: performance.now(),
    };
    return capture;
  }

  private oldest(): string {
    const [first] = [...this.captures].sort(([, a], [, b]) => a.readMs - b.readMs);
    return first?.[0] ?? '';
  }

  private sweep(): void {
    const now = performance.now();
    for (const [id, { readMs }] of this.captures) if (now - readMs > PATIENCE_MS) this.stop(id);
  }
}

const GONE = 'this capture has ended: nobody read it for a while, or others took its place';

function keep(
  capture: Capture,
  line: Omit<CapturedLine, 'number'>,
  octets: Uint8Array,
  atNs: number,
): void {
  capture.seen++;
  capture.octets += octets.length;
  capture.kept.push({ line: { number: capture.seen, ...line }, octets, atNs });
  while (capture.kept.length > KEPT_FRAMES || capture.octets > KEPT_OCTETS) {
    capture.octets -= capture.kept.shift()?.octets.length ?? 0;
  }
}

/** The network namespace of a vertex. */
function netnsOf(cluster: Cluster, of: string): Reply<NetNamespace> {
  const at = of.indexOf(':');
  const name = of.slice(at + 1);
  if (of.startsWith('pod:')) {
    const found = podProcess(cluster, name, 'pause');
    if (!found.ok) return found;
    const { host, process } = found.value;
    const netns = host.netnsByInode(process.namespaces.net.inode);
    return netns === undefined ? refuse('its network namespace is gone') : reply(netns);
  }
  const machine = cluster.fabric.machines.get(name);
  return machine === undefined ? refuse(`'${of}' is gone`) : reply(machine.host.root);
}

function devicesOf(netns: NetNamespace, name: string): readonly Device[] {
  if (name === 'any') return netns.deviceList;
  const device = netns.device(name);
  return device === undefined ? [] : [device];
}

/** Addresses behind a name in a filter: of a pod, a Service or a machine. */
function addressesOf({ fabric, store }: Cluster, name: string): readonly Ip[] | undefined {
  const texts: string[] = [];
  for (const { metadata, status } of store.list('pods')) {
    if (metadata.name === name && status?.podIP !== undefined) texts.push(status.podIP);
  }
  for (const { metadata, spec } of store.list('services')) {
    if (metadata.name === name) texts.push(...(spec.clusterIPs ?? []));
  }
  const found = texts.flatMap((text) => {
    const parsed = parseIp(text);
    return parsed.ok ? [parsed.value] : [];
  });
  const node = fabric.nodes.get(name)?.network.address;
  if (node !== undefined) found.push(node);
  return found.length === 0 ? undefined : found;
}
