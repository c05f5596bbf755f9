import type { RecordedStep } from './recorded.js';

type ProbeStep = Extract<RecordedStep, { readonly probe: unknown }>;

/** Before the first retransmission of a SYN, in microseconds. */
const FIRST_SYN_US = 900_000;

const COUNTER = 'TcpExt.LockDroppedIcmps';

/**
 * A recorded step as it would be with any delay on the way. In a network without delay an ICMPv6 error is there
 * before connect() has let go of the socket; Linux sets it aside and the program learns of it from the answer to the
 * SYN's first retransmission. podnet tells it at once: what came after the first SYN, and when, is left out.
 */
export function withEarlyIcmpTold(step: ProbeStep): ProbeStep {
  const { probe, result, hops, counters } = step;
  const setAside = counters?.[probe.src]?.[COUNTER] ?? 0;
  const late = (result.elapsed_ms ?? 0) * 1000 >= FIRST_SYN_US;
  if (setAside === 0 || !late || probe.proto !== 'tcp' || !probe.dst.includes(':')) return step;
  const { elapsed_ms: _late, ...told } = result;
  return {
    ...step,
    result: told,
    hops: hops.filter(({ t_us: atUs }) => typeof atUs !== 'number' || atUs < FIRST_SYN_US),
  };
}
