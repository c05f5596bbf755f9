import type { Journey } from '../../../server/contract/journey.js';
import { type Frame, framesOf } from '../../model/playback.js';

/** A journey up to a step, as if nothing more had happened yet: its end is not told. */
export function upTo(journey: Journey, last: Frame, summary: string): Journey {
  const { advice: _, ...rest } = journey;
  const all = framesOf(journey);
  const end = all.findIndex(({ step }) => step === last.step);
  const past = new Set(all.slice(0, end + 1).map(({ step }) => step));
  return {
    ...rest,
    disposition: 'in-progress',
    summary,
    endedNs: last.step.atNs,
    hops: journey.hops.flatMap((hop) => {
      const steps = hop.steps.filter((step) => past.has(step));
      return steps.length === 0 ? [] : [{ ...hop, steps }];
    }),
  };
}
