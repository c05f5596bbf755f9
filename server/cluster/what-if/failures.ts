import type { Hop, Journey, Step } from '../../contract/journey.js';

/** Codes of steps that leave copies of flooded frames alone, which loses nothing. */
const HARMLESS: ReadonlySet<string> = new Set([
  'other-host',
  'arp-ignored',
  'ndp-ignored',
  'multicast-not-joined',
  'bridge-no-port',
  'bridge-same-port',
]);

/** A step at which a packet was lost or refused, and where. */
export interface Failure {
  readonly hop: Hop;
  readonly step: Step;
  readonly code: string;
}

/** Steps at which packets of the conversation ended against their sender's wish. */
export function failuresOf(journey: Journey | undefined): readonly Failure[] {
  return (journey?.hops ?? []).flatMap((hop) =>
    hop.steps.flatMap((step) => {
      const { code } = step;
      return code === undefined || HARMLESS.has(code) ? [] : [{ hop, step, code }];
    }),
  );
}
