import { isDeepStrictEqual } from 'node:util';
import { MILLISECOND } from '../../topology/base/index.js';
import type { Host } from '../../topology/kernel/index.js';
import { buildLab } from './build.js';
import { applyChange } from './change.js';
import { type CounterFigure, compareCounters, tallyDrops } from './counters.js';
import { withEarlyIcmpTold } from './early-icmp.js';
import {
  compareFrames,
  compareKinds,
  compareOrder,
  type Difference,
  type OrderFigure,
} from './frames.js';
import { type HopFields, hopAt, isBackground, type MacRoles } from './hop.js';
import { Prober } from './probe.js';
import type { RecordedLab, RecordedResult, RecordedStep } from './recorded.js';
import { comparable, seenIcmp } from './result.js';
import { LabServers } from './servers.js';
import { recordedState, stateOf } from './state.js';

export type { Difference } from './frames.js';

/** Time that reading one namespace took between two probes of a recording. */
const PAUSE_PER_NETNS_MS = 110;

/** Time after a probe until its namespaces were looked at. */
const SETTLE_NS = 1_000_000;

/** What a probe did here, beside what it did in Linux. */
export interface ProbeReport {
  /** `probe 1 (p1 to 10.244.1.3 tcp)`. */
  readonly probe: string;
  readonly difference?: Difference;
  readonly order: OrderFigure;
  readonly counters?: CounterFigure;
  /** What of the recording was left out of the comparison, and why. */
  readonly partly?: string;
}

type ProbeStep = Extract<RecordedStep, { readonly probe: unknown }>;

/** Builds a lab, runs its probes, and gives the first difference from what Linux did. Throws a `LabError`. */
export function runScenario(lab: RecordedLab): Difference | undefined {
  for (const { probe, difference } of runLab(lab)) {
    if (difference !== undefined) {
      return { ...difference, summary: `${probe}: ${difference.summary}` };
    }
  }
  return undefined;
}

/** Builds a lab, runs all its probes and compares each. Throws a `LabError` when the lab cannot be built as it is written. */
export function* runLab(lab: RecordedLab): Generator<ProbeReport> {
  const host = buildLab(lab.topology);
  const servers = new LabServers(host, lab.topology);
  const prober = new Prober(host, servers);
  const hops = watchFrames(host, lab.macs);
  const usualPauseMs = lab.pause_ms ?? PAUSE_PER_NETNS_MS * lab.topology.netns.length;
  let index = 0;
  for (const [at, recorded] of lab.steps.entries()) {
    if (!('probe' in recorded)) {
      const { change, rc } = recorded;
      const path = `steps[${at}].change`;
      applyChange(host, servers, { change, path, ...(rc === undefined ? {} : { rc }) });
      host.clock.advance((recorded.pause_ms ?? 0) * MILLISECOND);
      continue;
    }
    const step = withEarlyIcmpTold(recorded);
    hops.length = 0;
    const { probe } = step;
    const before = tallyDrops(host);
    const outcome = prober.run(probe, index, `steps[${at}].probe`);
    const seen = [...hops];
    const result = { ...outcome, icmp_seen_by_src: seenIcmp(seen, probe.src) };
    const order = compareOrder(step.hops, seen);
    const counters =
      step.counters === undefined
        ? undefined
        : compareCounters(step.counters, before, tallyDrops(host));
    prober.finish();
    host.clock.advance(SETTLE_NS);
    const difference =
      compareResult(step, result) ??
      (isUnstable(lab) ? compareKinds : compareFrames)(step.hops, seen) ??
      compareState(step, host, lab.macs);
    const partly = leftOut(lab, step !== recorded);
    yield {
      probe: `probe ${++index} (${probe.src} to ${probe.dst} ${probe.proto})`,
      ...(difference === undefined ? {} : { difference }),
      order,
      ...(counters === undefined ? {} : { counters }),
      ...(partly === undefined ? {} : { partly }),
    };
    host.clock.advance((step.pause_ms ?? usualPauseMs) * MILLISECOND);
  }
}

/** Writes down every frame on every device from now on. */
function watchFrames(host: Host, roles: MacRoles): HopFields[] {
  const hops: HopFields[] = [];
  for (const netns of host.namespaces) {
    for (const device of netns.deviceList) {
      device.tap((skb, direction, at, type) => {
        if (isBackground(skb.packet)) return;
        hops.push(hopAt(at, direction, { skb, type, roles }));
      });
    }
  }
  return hops;
}

function isUnstable({ unstable }: RecordedLab): boolean {
  return unstable !== undefined && unstable !== false && unstable !== '';
}

function leftOut(lab: RecordedLab, isCut: boolean): string | undefined {
  if (isCut) return 'what came after the first SYN: an ICMPv6 error found the socket in use';
  return isUnstable(lab) ? 'the order and content of frames: it differs between runs' : undefined;
}

function compareResult({ result }: ProbeStep, actual: RecordedResult): Difference | undefined {
  const found = comparable(result, actual);
  return found === undefined ? undefined : { summary: 'another result', ...found };
}

function compareState(
  { state_after: recorded }: ProbeStep,
  host: Host,
  roles: MacRoles,
): Difference | undefined {
  if (recorded === undefined) return undefined;
  const [expected, actual] = [recordedState(recorded), stateOf(host, roles)];
  for (const ns of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    if (isDeepStrictEqual(expected[ns], actual[ns])) continue;
    const summary = `${ns} knows other neighbours, forwarding entries or connections afterwards`;
    return { summary, expected: expected[ns], actual: actual[ns] };
  }
  return undefined;
}
