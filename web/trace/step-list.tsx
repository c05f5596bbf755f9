import { memo, useEffect, useMemo, useRef } from 'react';
import type { Hop } from '../../server/contract/journey.js';
import {
  type Frame,
  type FrameGroup,
  groupsOf,
  isArp,
  isFailure,
  type Shown,
} from '../model/playback.js';
import { rove } from '../panel/roving.js';
import type { Playback } from '../state/playback.js';
import { FILTER } from './words.js';

const SHOWN: readonly Shown[] = ['first', 'request', 'replies', 'all'];

/** The steps of the shown journey, under the place where they happen. */
export function StepList({ playback }: { readonly playback: Playback }) {
  const { frames, position } = playback;
  const groups = useMemo(() => groupsOf(frames), [frames]);
  const isPod = playback.journey?.kind === 'pod';
  const list = useRef<HTMLDivElement>(null);

  useEffect(() => {
    list.current?.querySelector(`[data-step="${position}"]`)?.scrollIntoView({ block: 'nearest' });
  }, [position]);

  return (
    <section className="step-panel" aria-label={FILTER.steps}>
      <div className="step-filter">
        {isPod ? null : <PacketFilter playback={playback} />}
        <Narrowing playback={playback} isPod={isPod} />
      </div>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: hears the keys of the steps in it */}
      <div
        ref={list}
        className="steps"
        onKeyDown={(event) => {
          if (event.key === 'ArrowUp' || event.key === 'ArrowDown') rove(event, '.step');
        }}
      >
        {playback.journey?.hops.length === 0 ? <p className="help">{FILTER.nothing}</p> : null}
        {frames.length > 0 || playback.journey?.hops.length === 0 ? null : (
          <p className="help">
            {FILTER.none}{' '}
            <button type="button" onClick={() => playback.setFilter(widest(playback))}>
              {FILTER.clear}
            </button>
          </p>
        )}
        {groups.map((group) => (
          <Group
            key={group.key}
            group={group}
            now={group.frames.find((f) => f.index === position)?.index}
            onGo={playback.go}
          />
        ))}
      </div>
    </section>
  );
}

/** Which packets of a conversation are listed. */
function PacketFilter({ playback }: { readonly playback: Playback }) {
  const { filter } = playback;
  return (
    <fieldset className="segments" aria-label={FILTER.packets}>
      {SHOWN.map((shown) => (
        <label
          key={shown}
          className={filter.shown === shown ? 'on' : ''}
          title={FILTER.shown[shown].hint}
        >
          <input
            type="radio"
            name="shown"
            checked={filter.shown === shown}
            onChange={() => playback.setFilter({ ...filter, shown })}
          />
          {FILTER.shown[shown].name}
        </label>
      ))}
    </fieldset>
  );
}

function widest({ filter: { shown, rules } }: Playback): Playback['filter'] {
  return { shown, rules };
}

/** Leaves only the steps of one part, of one machine, or those that drop or change the packet; or shows every rule. */
function Narrowing({ playback, isPod }: { readonly playback: Playback; readonly isPod: boolean }) {
  const { filter, journey } = playback;
  const hops = journey?.hops ?? [];
  const parts = [...new Set(hops.flatMap((hop) => hop.steps.map((step) => step.component)))].sort();
  const hosts = [...new Set(hops.map((hop) => hop.host))].sort();
  const { component, host, only, ...rest } = filter;
  const set = (part: {
    readonly component?: string | undefined;
    readonly host?: string | undefined;
    readonly only?: 'drops' | 'changes' | undefined;
  }) => {
    const next = { component, host, only, ...part };
    playback.setFilter({
      ...rest,
      ...(next.component === undefined ? {} : { component: next.component }),
      ...(next.host === undefined ? {} : { host: next.host }),
      ...(next.only === undefined ? {} : { only: next.only }),
    });
  };
  return (
    <fieldset className="narrowing" aria-label={FILTER.label}>
      <select
        aria-label={FILTER.part}
        title={FILTER.part}
        value={component ?? ''}
        onChange={(e) => set({ component: e.target.value === '' ? undefined : e.target.value })}
      >
        <option value="">{FILTER.everyPart}</option>
        {parts.map((part) => (
          <option key={part}>{part}</option>
        ))}
      </select>
      <select
        aria-label={FILTER.host}
        title={FILTER.host}
        value={host ?? ''}
        onChange={(e) => set({ host: e.target.value === '' ? undefined : e.target.value })}
      >
        <option value="">{FILTER.everyHost}</option>
        {hosts.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      {isPod ? null : (
        <label className="check" title={FILTER.everyRuleHint}>
          <input
            type="checkbox"
            checked={filter.rules === 'all'}
            onChange={(e) =>
              playback.setFilter({ ...filter, rules: e.target.checked ? 'all' : 'deciding' })
            }
          />
          {FILTER.everyRule}
        </label>
      )}
      {NARROW.map((name) => (
        <label
          key={name}
          className="check"
          title={
            name === 'changes' ? FILTER.changedHint : isPod ? FILTER.failsHint : FILTER.dropsHint
          }
        >
          <input
            type="checkbox"
            checked={only === name}
            onChange={(e) => set({ only: e.target.checked ? name : undefined })}
          />
          {name === 'changes' ? FILTER.changed : isPod ? FILTER.fails : FILTER.drops}
        </label>
      ))}
    </fieldset>
  );
}

const NARROW = ['drops', 'changes'] as const;

const ARROWS: Readonly<Record<Hop['direction'], string>> = {
  request: '→',
  reply: '←',
  related: '◇',
  none: '·',
};

interface GroupProps {
  readonly group: FrameGroup;
  /** Position of the step that is shown, when it is in this group. */
  readonly now: number | undefined;
  readonly onGo: (position: number) => void;
}

const Group = memo(function Group({ group, now, onGo }: GroupProps) {
  const { hop, frames } = group;
  return (
    <div className={`hop ${hop.direction}`}>
      <h2>
        <span className="arrow">{ARROWS[hop.direction]}</span> {hop.place}
      </h2>
      <ol>
        {frames.map((frame) => (
          <li key={frame.index}>
            <StepButton frame={frame} now={frame.index === now} onGo={onGo} />
          </li>
        ))}
      </ol>
    </div>
  );
});

function StepButton({
  frame,
  now,
  onGo,
}: {
  readonly frame: Frame;
  readonly now: boolean;
  readonly onGo: (position: number) => void;
}) {
  const { step, index } = frame;
  const classes = ['step'];
  if (now) classes.push('now');
  if (isFailure(step)) classes.push('failed');
  else if (isArp(step)) classes.push('arp');
  if (step.changes !== undefined) classes.push('changed');
  return (
    <button
      type="button"
      className={classes.join(' ')}
      data-step={index}
      tabIndex={now ? 0 : -1}
      aria-current={now ? 'step' : undefined}
      onClick={() => onGo(index)}
    >
      <span className="what">
        {isFailure(step) ? '✘ ' : ''}
        {step.component} {step.action}
        {step.device === undefined ? '' : <span className="muted"> {step.device}</span>}
      </span>
      <span className="why">{step.reason}</span>
    </button>
  );
}
