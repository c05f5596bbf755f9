import { isDeepStrictEqual } from 'node:util';
import type { HopFields } from './hop.js';
import type { RecordedHop } from './recorded.js';

/** Something that is one way in the recording and another here. */
export interface Difference {
  /** One line: where, and what. */
  readonly summary: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

/** How far two lists of frames of all devices agree in one common order of time. */
export interface OrderFigure {
  readonly agrees: boolean;
  /** Frames from the start that are the same in both. */
  readonly commonPrefix: number;
  readonly recorded: number;
  readonly podnet: number;
  /** The first frames that differ, as `n1/eth0 in`. */
  readonly firstRecorded?: string;
  readonly firstPodnet?: string;
}

/** Compares frames device by device: between devices their order is that of two CPUs. */
export function compareFrames(
  recorded: readonly RecordedHop[],
  seen: readonly HopFields[],
): Difference | undefined {
  const [expected, actual] = [byDevice(recorded), byDevice(seen)];
  for (const device of new Set([...expected.keys(), ...actual.keys()])) {
    const [theirs, ours] = [expected.get(device) ?? [], actual.get(device) ?? []];
    const at = firstDifference(theirs, ours);
    if (at === undefined) continue;
    const summary = `frame ${at + 1} on ${device} differs (${theirs.length} recorded, ${ours.length} here)`;
    return { summary, expected: theirs[at], actual: ours[at] };
  }
  return undefined;
}

/**
 * Compares which kinds of frames each device saw, whatever their number and order. Unicast ARP is left out: it
 * refreshes entries at times of its own.
 */
export function compareKinds(
  recorded: readonly RecordedHop[],
  seen: readonly HopFields[],
): Difference | undefined {
  const [expected, actual] = [kindsOf(recorded), kindsOf(seen)];
  if (isDeepStrictEqual(expected, actual)) return undefined;
  const missing = expected.filter((kind) => !actual.includes(kind));
  const extra = actual.filter((kind) => !expected.includes(kind));
  return { summary: 'other kinds of frames', expected: missing, actual: extra };
}

/** How far frames agree in the order of all devices together. */
export function compareOrder(
  recorded: readonly RecordedHop[],
  seen: readonly HopFields[],
): OrderFigure {
  const [theirs, ours] = [recorded.map(fieldsOf), seen.map(fieldsOf)];
  const at = firstDifference(theirs, ours);
  const sizes = { recorded: theirs.length, podnet: ours.length };
  if (at === undefined) return { agrees: true, commonPrefix: theirs.length, ...sizes };
  return {
    agrees: false,
    commonPrefix: at,
    ...sizes,
    firstRecorded: placeOf(theirs[at]),
    firstPodnet: placeOf(ours[at]),
  };
}

function firstDifference(a: readonly HopFields[], b: readonly HopFields[]): number | undefined {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    if (!isDeepStrictEqual(a[index], b[index])) return index;
  }
  return undefined;
}

/** A frame without its number and time. */
function fieldsOf({ n: _number, t_us: _time, ...fields }: RecordedHop | HopFields): HopFields {
  return fields;
}

function placeOf(hop: HopFields | undefined): string {
  if (hop === undefined) return 'none';
  return `${hop.ns}/${hop.if} ${hop.dir} ${hop.proto ?? hop.l3}`;
}

function byDevice(hops: readonly (RecordedHop | HopFields)[]): Map<string, HopFields[]> {
  const devices = new Map<string, HopFields[]>();
  for (const hop of hops) {
    const name = `${hop.ns}/${hop.if}`;
    const list = devices.get(name);
    if (list === undefined) devices.set(name, [fieldsOf(hop)]);
    else list.push(fieldsOf(hop));
  }
  return devices;
}

function kindsOf(hops: readonly (RecordedHop | HopFields)[]): readonly string[] {
  const kinds = hops
    .filter(({ l3, arp, cast, dmac }) => {
      return (
        l3 !== 'arp' || (dmac === 'broadcast' && (cast ?? 'bcast') === 'bcast' && arp !== undefined)
      );
    })
    .map(({ ns, if: name, dir, l3, proto, src, dst, sport, dport, flags }) => {
      return JSON.stringify([ns, name, dir, l3, proto, src, dst, sport, dport, flags]);
    });
  return [...new Set(kinds)].sort();
}
