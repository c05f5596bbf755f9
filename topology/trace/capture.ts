import { MAC_ZERO } from '../addr/index.js';
import type { TraceStep } from '../kernel/trace.js';
import {
  emitFrame,
  emitPcapng,
  type Frame,
  type L3Packet,
  type PcapngDevice,
  type PcapngFrame,
} from '../wire/index.js';
import type { PlaceNames, Recorder } from './recorder.js';

/**
 * A capture of a probe as if tcpdump had listened on every device at once: each device is an interface of
 * the file, each frame appears where it was sent and where it was received.
 *
 * `startNs` is the moment, in nanoseconds since 1970, that simulated time 0 stands for.
 */
export function captureOf(recorder: Recorder, names: PlaceNames, startNs: bigint): Uint8Array {
  const devices: PcapngDevice[] = [];
  const numbers = new Map<string, number>();
  const frames: PcapngFrame[] = [];
  for (const step of recorder.steps) {
    const direction = directionOf(step);
    if (direction === undefined || step.device === undefined) continue;
    const name = `${names(step.host, step.netns).place} ${step.device}`;
    let index = numbers.get(name);
    if (index === undefined) {
      index = devices.length;
      numbers.set(name, index);
      devices.push({ name });
    }
    frames.push({
      device: index,
      atNs: startNs + BigInt(step.atNs),
      octets: emitFrame(frameOf(step)),
      direction,
      comment: step.reason,
    });
  }
  return emitPcapng(devices, frames);
}

function directionOf(step: TraceStep): 'in' | 'out' | undefined {
  if (step.component !== 'device') return undefined;
  if (step.action === 'receive') return 'in';
  return step.action === 'transmit' ? 'out' : undefined;
}

function frameOf(step: TraceStep): Frame {
  const { srcMac, dstMac, packet } = step.view;
  return {
    src: srcMac ?? MAC_ZERO,
    dst: dstMac ?? MAC_ZERO,
    etherType: etherTypeOf(packet),
    packet,
  };
}

function etherTypeOf(packet: L3Packet): number {
  if (packet.kind === 'arp') return 0x0806;
  return packet.kind === 'ipv6' ? 0x86dd : 0x0800;
}
