import { isDeepStrictEqual } from 'node:util';
import { MILLISECOND } from '../../topology/base/index.js';
import { applyChange, buildLab } from './build.js';
import { type HopFields, hopAt, isBackground } from './hop.js';
import { Prober } from './probe.js';
import type { RecordedHop, RecordedLab, RecordedStep } from './recorded.js';
import { type LabState, recordedState, stateOf } from './state.js';

/** Time that reading one namespace took between two probes of a recording. */
const PAUSE_PER_NETNS_MS = 110;

/** Time after a probe until its namespaces were looked at. */
const SETTLE_NS = 1_000_000;

/** What podnet did otherwise than Linux; absent when nothing. */
export interface Difference {
  /** One line: which probe, and what. */
  readonly summary: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

type ProbeStep = Extract<RecordedStep, { readonly probe: unknown }>;

/** Builds a lab, runs its probes, and gives the first difference from what Linux did. */
export function runScenario(lab: RecordedLab): Difference | undefined {
  const host = buildLab(lab.topology);
  const prober = new Prober(host, lab.topology);
  let hops: HopFields[] = [];
  for (const netns of host.namespaces) {
    for (const device of netns.deviceList) {
      device.tap((skb, direction, at, type) => {
        if (isBackground(skb.packet)) return;
        hops.push(hopAt(at, direction, { skb, type, roles: lab.macs }));
      });
    }
  }
  const pauseMs = lab.pause_ms ?? PAUSE_PER_NETNS_MS * lab.topology.netns.length;
  let index = 0;
  for (const step of lab.steps) {
    if (!('probe' in step)) {
      applyChange(host, step.change);
      continue;
    }
    hops = [];
    const actual = prober.run(step.probe, index);
    const seen = hops;
    const where = `probe ${++index} (${step.probe.src} to ${step.probe.dst} ${step.probe.proto})`;
    const found =
      compareResult(step, actual) ??
      (lab.unstable === undefined ? compareHops(step.hops, seen) : undefined);
    if (found !== undefined) return { ...found, summary: `${where}: ${found.summary}` };
    prober.finish();
    host.clock.advance(SETTLE_NS);
    const left = compareState(step, stateOf(host, lab.macs));
    if (left !== undefined) return { ...left, summary: `${where}: ${left.summary}` };
    host.clock.advance(pauseMs * MILLISECOND);
  }
  return undefined;
}

function compareState(
  { state_after: recorded }: ProbeStep,
  actual: LabState,
): Difference | undefined {
  if (recorded === undefined) return undefined;
  const expected = recordedState(recorded);
  for (const ns of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    if (isDeepStrictEqual(expected[ns], actual[ns])) continue;
    const summary = `${ns} knows other neighbours, forwarding entries or connections afterwards`;
    return { summary, expected: expected[ns], actual: actual[ns] };
  }
  return undefined;
}

function compareResult(
  { probe, result }: ProbeStep,
  actual: ReturnType<Prober['run']>,
): Difference | undefined {
  const { outcome, errno, server = [] } = result;
  const expected = {
    outcome,
    ...(errno === undefined ? {} : { errno }),
    server: server.map(({ ns, local, peer }) => ({ ns, local: localOf(probe, local), peer })),
  };
  if (isDeepStrictEqual(expected, actual)) return undefined;
  return { summary: 'another result', expected, actual };
}

/** A datagram's own address is seen in its frame: a socket bound to no address cannot tell it. */
function localOf(probe: ProbeStep['probe'], local: string): string {
  return probe.proto === 'udp' ? local.replace(/^.*:/, '*:') : local;
}

/** Frames are compared device by device: between devices their order is that of two CPUs. */
function compareHops(
  recorded: readonly RecordedHop[],
  seen: readonly HopFields[],
): Difference | undefined {
  const [expected, actual] = [byDevice(recorded), byDevice(seen)];
  for (const device of new Set([...expected.keys(), ...actual.keys()])) {
    const [theirs, ours] = [expected.get(device) ?? [], actual.get(device) ?? []];
    const at = Array.from({ length: Math.max(theirs.length, ours.length) }, (_, i) => i).find(
      (i) => !isDeepStrictEqual(theirs[i], ours[i]),
    );
    if (at === undefined) continue;
    const summary = `frame ${at + 1} on ${device} differs (${theirs.length} recorded, ${ours.length} here)`;
    return { summary, expected: theirs[at], actual: ours[at] };
  }
  return undefined;
}

function byDevice(hops: readonly (RecordedHop | HopFields)[]): Map<string, HopFields[]> {
  const devices = new Map<string, HopFields[]>();
  for (const { n: _number, t_us: _time, ...fields } of hops) {
    const name = `${fields.ns}/${fields.if}`;
    const list = devices.get(name);
    if (list === undefined) devices.set(name, [fields]);
    else list.push(fields);
  }
  return devices;
}
