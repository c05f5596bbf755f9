import { useEffect, useState } from 'react';
import type { Journey } from '../../server/contract/journey.js';
import { elapsed, type Frame, groupsOf, isFailure, verdictOf } from '../model/playback.js';
import { currentPicture } from '../render/picture.js';
import { RECORDED } from './words.js';

interface Props {
  readonly journey: Journey;
  readonly frames: readonly Frame[];
}

/** The graph and the whole journey as text, on paper only: what the screen shows step by step. */
export function PrintedSteps({ journey, frames }: Props) {
  const verdict = verdictOf(journey);
  const graph = useGraphImage();
  const groups = groupsOf(frames);
  let packet: string | undefined;
  return (
    <section className="printed" aria-hidden="true">
      <h2>{journey.title}</h2>
      <p>
        <b>
          {verdict.mark} {journey.disposition}
        </b>{' '}
        {journey.summary}
      </p>
      {journey.advice === undefined ? null : <p>→ {journey.advice}</p>}
      {graph === undefined ? null : <img src={graph} alt="" />}
      <h2>{RECORDED.steps(frames.length)}</h2>
      {groups.map(({ key, hop, frames: steps }) => (
        <div key={key} className="printed-hop">
          <h3>
            {hop.direction === 'reply' ? '←' : '→'} {hop.place}
          </h3>
          <ol start={(steps[0]?.index ?? 0) + 1}>
            {steps.map((frame) => {
              const same = frame.step.packet === packet;
              packet = frame.step.packet;
              return <PrintedStep key={frame.index} journey={journey} frame={frame} terse={same} />;
            })}
          </ol>
        </div>
      ))}
      <p className="muted">{RECORDED.madeWith}</p>
    </section>
  );
}

function PrintedStep({
  journey,
  frame: { step },
  terse,
}: {
  readonly journey: Journey;
  readonly frame: Frame;
  /** The packet is as in the step before. */
  readonly terse: boolean;
}) {
  return (
    <li>
      <b>
        {isFailure(step) ? '✘ ' : ''}
        {step.component} {step.action} {step.device ?? ''}
      </b>{' '}
      {step.reason} <span className="muted">({elapsed(journey, step.atNs)})</span>
      {step.changes?.map(({ field, before, after }) => (
        <span key={field} className="printed-change">
          {field}: {before} → {after}
        </span>
      ))}
      {step.packet === undefined || terse ? null : <code>{step.packet}</code>}
    </li>
  );
}

/** When the drawing stands still after the page was opened, in milliseconds. */
const DRAWN_MS = 1500;

/** The drawing as an image: the one on the screen is cut to the window. */
function useGraphImage(): string | undefined {
  const [image, setImage] = useState<string>();
  useEffect(() => {
    const timer = setTimeout(() => {
      const picture = currentPicture()?.toSvg('whole');
      if (picture !== undefined)
        setImage(`data:image/svg+xml;charset=utf-8,${encodeURIComponent(picture.svg)}`);
    }, DRAWN_MS);
    return () => clearTimeout(timer);
  }, []);
  return image;
}
