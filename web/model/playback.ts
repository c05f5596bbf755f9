import type { Hop, Journey, Step } from '../../server/contract/journey.js';

/** One position of the player: a step within its hop. */
export interface Frame {
  readonly hop: Hop;
  readonly step: Step;
  /** Position among all steps, from 0. */
  readonly index: number;
}

/** The steps of a journey in order of time, as positions one can go to. */
export function framesOf(journey: Journey): readonly Frame[] {
  const frames = journey.hops.flatMap((hop) =>
    hop.steps.map((step, order) => ({ hop, step, order })),
  );
  return frames
    .map((frame, position) => ({ ...frame, position }))
    .sort((a, b) => a.step.atNs - b.step.atNs || a.position - b.position)
    .map(({ hop, step }, index) => ({ hop, step, index }));
}

/** Time since the beginning in the unit that reads best. */
export function elapsed(journey: Journey, atNs: number): string {
  const micros = (atNs - journey.startedNs) / 1000;
  if (micros < 1000) return `${micros.toFixed(0)} µs`;
  return micros < 1_000_000
    ? `${(micros / 1000).toFixed(2)} ms`
    : `${(micros / 1_000_000).toFixed(2)} s`;
}

/** A mark and a word for how it ended: told by shape as well as colour. */
export function verdictOf(journey: Journey): {
  readonly mark: string;
  readonly tone: 'good' | 'bad' | 'busy';
} {
  switch (journey.disposition) {
    case 'delivered':
    case 'ready':
      return { mark: '✔', tone: 'good' };
    case 'in-progress':
      return { mark: '…', tone: 'busy' };
    default:
      return { mark: '✘', tone: 'bad' };
  }
}
