import type { Hop, Journey } from '../../server/contract/journey.js';
import { WORDS } from '../inspector/words.js';
import { elapsed } from '../model/playback.js';
import type { Playback } from '../state/playback.js';
import { StepList } from '../trace/step-list.js';
import { Section } from './detail-section.js';
import { DETAILS } from './words.js';

interface Props {
  readonly journey: Journey;
  readonly playback: Playback;
}

/** How a pod came to be, stage by stage, with the stage that failed; while it is played, step by step. */
export function PodJourney({ journey, playback }: Props) {
  const plays = playback.journey?.id === journey.id;
  const starts = positionsOf(journey);
  return (
    <Section title={DETAILS.journey} note={journey.disposition}>
      <div className="row journey-play">
        {plays ? (
          <button type="button" onClick={() => playback.show(undefined)}>
            {WORDS.journey.stop}
          </button>
        ) : (
          <button type="button" className="primary" onClick={() => playback.show(journey)}>
            {WORDS.journey.play}
          </button>
        )}
        <span className="muted">{WORDS.journey.hint}</span>
      </div>
      {plays ? (
        <div className="journey-steps">
          <StepList playback={playback} />
        </div>
      ) : (
        <ol className="stages">
          {journey.hops.map((hop, index) => (
            <Stage
              key={`${hop.number} ${hop.place}`}
              hop={hop}
              journey={journey}
              onGo={() => playback.showAt(journey, starts[index] ?? 0)}
            />
          ))}
        </ol>
      )}
      <p className={`note ${journey.disposition === 'failed' ? 'bad' : ''}`}>{journey.summary}</p>
    </Section>
  );
}

/** Where each stage begins among the steps. */
function positionsOf({ hops }: Journey): readonly number[] {
  let position = 0;
  return hops.map(({ steps }) => {
    const start = position;
    position += steps.length;
    return start;
  });
}

interface StageProps {
  readonly hop: Hop;
  readonly journey: Journey;
  readonly onGo: () => void;
}

function Stage({ hop, journey, onGo }: StageProps) {
  const failed = hop.steps.some((step) => step.code !== undefined);
  const last = hop === journey.hops.at(-1);
  const state = failed ? 'failed' : last && journey.disposition === 'in-progress' ? 'busy' : 'done';
  return (
    <li className={`stage-of-pod ${state}`}>
      <button type="button" className="stage-head" title={WORDS.journey.go} onClick={onGo}>
        <b>{hop.place}</b>
        <span className="muted">+{elapsed(journey, hop.atNs)}</span>
      </button>
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
