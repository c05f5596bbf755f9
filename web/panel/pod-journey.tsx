import type { Hop, Journey } from '../../server/contract/journey.js';
import { elapsed } from '../model/playback.js';
import { Section } from './detail-section.js';

/** How a pod came to be, stage by stage, with the stage that failed. */
export function PodJourney({ journey }: { readonly journey: Journey }) {
  return (
    <Section title="How it came to be" note={journey.disposition}>
      <ol className="stages">
        {journey.hops.map((hop) => (
          <Stage key={`${hop.number} ${hop.place}`} hop={hop} journey={journey} />
        ))}
      </ol>
      <p className={`note ${journey.disposition === 'failed' ? 'bad' : ''}`}>{journey.summary}</p>
    </Section>
  );
}

function Stage({ hop, journey }: { readonly hop: Hop; readonly journey: Journey }) {
  const failed = hop.steps.some((step) => step.code !== undefined);
  const last = hop === journey.hops.at(-1);
  const state = failed ? 'failed' : last && journey.disposition === 'in-progress' ? 'busy' : 'done';
  return (
    <li className={`stage-of-pod ${state}`}>
      <span className="stage-head">
        <b>{hop.place}</b>
        <span className="muted">+{elapsed(journey, hop.atNs)}</span>
      </span>
      {hop.steps.map((step) => (
        <span
          key={`${step.atNs} ${step.reason}`}
          className={step.code === undefined ? 'stage-why' : 'stage-why bad'}
        >
          {step.reason}
          {step.code === undefined ? null : <code className="code">{step.code}</code>}
        </span>
      ))}
    </li>
  );
}
