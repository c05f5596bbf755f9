import type { ComponentType } from 'react';
import { censusOf } from '../model/census.js';
import { usePage } from '../page.js';
import { ClusterName } from './cluster-name.js';
import { TOOLS } from './tools.js';
import './toolbar.css';
import { TOOLBAR } from './words.js';

/** Which cluster this is and how it does, then the tools of `tools.tsx`. */
export function Toolbar() {
  const { live } = usePage();
  return (
    <header className="toolbar">
      <strong className="brand">{TOOLBAR.brand}</strong>
      <ClusterName />
      <PodCount />
      <span className={live.connected ? 'link good' : 'link bad'} role="status">
        {live.connected ? TOOLBAR.live : TOOLBAR.lost}
      </span>
      <span className="spacer" />
      <Group name="time" tools={TOOLS.time} />
      <Group name="watch" tools={TOOLS.watch} />
      <Group name="act" tools={TOOLS.act} />
      <Group name="share" tools={TOOLS.share} />
      <Group name="view" tools={TOOLS.view} />
    </header>
  );
}

function Group(props: {
  readonly name: keyof typeof TOOLS;
  readonly tools: readonly ComponentType[];
}) {
  if (props.tools.length === 0) return null;
  return (
    <fieldset className={`tools ${props.name}`} aria-label={TOOLBAR.groups[props.name]}>
      {props.tools.map((Tool) => (
        <Tool key={Tool.displayName ?? Tool.name} />
      ))}
    </fieldset>
  );
}

function PodCount() {
  const { live } = usePage();
  const { pods, tally } = censusOf(live.vertices);
  const { bad } = tally;
  return (
    <span className="facts pod-count">
      {TOOLBAR.podsWell(tally.good + tally.done, pods)}
      {bad > 0 ? <b className="bad"> {TOOLBAR.podsBad(bad)}</b> : null}
    </span>
  );
}
