import { type ReactNode, useMemo, useRef, useState } from 'react';
import type { PacketPicture, StepPackets } from '../../server/contract/journey.js';
import { rove } from '../panel/roving.js';
import { useScrollStop } from '../panel/scroll-box.js';
import {
  type ComparedField,
  type ComparedLayer,
  changedOctets,
  comparedLayers,
  type FieldPlace,
  fieldAt,
  hexRows,
  type IsChance,
} from './packet-changes.js';
import type { StepPacketsState } from './use-step-packets.js';
import { PACKET } from './words.js';

type Side = 'before' | 'after';

/** The packet of a step as nested envelopes beside its octets; a field and its octets light up together. */
export function PacketPanel({ state }: { readonly state: StepPacketsState }) {
  const [side, setSide] = useState<Side>('after');
  const { packets, error } = state;
  if (packets === undefined)
    return <p className={error === undefined ? 'muted' : 'error'}>{error ?? PACKET.loading}</p>;
  const shown = side === 'before' ? (packets.before ?? packets.after) : packets.after;
  const other = side === 'before' ? packets.after : packets.before;
  return (
    <section className="packet-panel" aria-label={PACKET.title}>
      <div className="packet-head">
        <fieldset className="segments" aria-label={PACKET.side}>
          {(['before', 'after'] as const).map((name) => (
            <label key={name} className={side === name ? 'on' : ''}>
              <input
                type="radio"
                name="packet-side"
                checked={side === name}
                disabled={name === 'before' && packets.before === undefined}
                onChange={() => setSide(name)}
              />
              {PACKET[name]}
            </label>
          ))}
        </fieldset>
        <span className="muted">
          {PACKET.length(shown.length)} · <Change packets={packets} />
        </span>
      </div>
      <PacketView shown={shown} other={other} words={SIDE_WORDS[side]} />
    </section>
  );
}

function Change({ packets: { before, after } }: { readonly packets: StepPackets }) {
  const layers = useMemo(() => comparedLayers(after, before), [after, before]);
  if (before === undefined) return PACKET.starts;
  if (before.octets === after.octets) return PACKET.unchanged;
  const added = layers.filter(({ alone }) => alone).map(({ layer }) => layer.name);
  const fields = layers.flatMap(({ layer, fields: all }) =>
    all
      .filter(({ other }) => other !== undefined)
      .map(({ field }) => `${layer.name} ${field.name}`),
  );
  return (
    <b className="packet-changed">
      {[...added.map((name) => `+ ${name}`), ...fields].slice(0, 6).join(', ')}
    </b>
  );
}

const SIDE_WORDS: Readonly<Record<Side, DifferenceWords>> = {
  before: { alone: PACKET.removed, other: PACKET.becomes },
  after: { alone: PACKET.added, other: PACKET.was },
};

/** What is said of a header that the other picture lacks, and before the value of a field in the other picture. */
export interface DifferenceWords {
  readonly alone: string;
  readonly other: string;
}

interface PacketViewProps {
  readonly shown: PacketPicture;
  readonly other: PacketPicture | undefined;
  readonly words: DifferenceWords;
  readonly isChance?: IsChance;
}

/** A packet as nested envelopes beside its octets, with what differs from another one marked. */
export function PacketView({ shown, other, words, isChance }: PacketViewProps) {
  const [lit, setLit] = useState<FieldPlace>();
  const layers = useMemo(() => comparedLayers(shown, other, isChance), [shown, other, isChance]);
  const changed = useMemo(() => changedOctets(layers), [layers]);
  const field = lit === undefined ? undefined : shown.layers[lit.layer]?.fields[lit.field];
  const from = field?.offset ?? -1;
  const to = from + (field?.length ?? 0);
  return (
    <div className="packet-body">
      <section
        className="envelopes"
        aria-label={PACKET.fields}
        onKeyDown={(event) => {
          if (event.key === 'ArrowUp' || event.key === 'ArrowDown') rove(event, '.field');
        }}
      >
        <Envelope layers={layers} index={0} words={words} lit={lit} onLit={setLit} />
      </section>
      <Octets
        picture={shown}
        changed={changed}
        from={from}
        to={to}
        onOctet={(octet) => setLit(octet === undefined ? undefined : fieldAt(shown, octet))}
      />
    </div>
  );
}

interface EnvelopeProps {
  readonly layers: readonly ComparedLayer[];
  readonly index: number;
  readonly words: DifferenceWords;
  readonly lit: FieldPlace | undefined;
  readonly onLit: (place: FieldPlace | undefined) => void;
}

/** A header with what it carries inside it. */
function Envelope({ layers, index, words, lit, onLit }: EnvelopeProps): ReactNode {
  const compared = layers[index];
  if (compared === undefined) return null;
  const { layer, alone, fields } = compared;
  return (
    <div className={`envelope ${alone ? 'alone' : ''} of-${layer.name.toLowerCase()}`}>
      <h3>
        {layer.name}
        <span className="muted"> {PACKET.length(layer.length)}</span>
        {alone ? <em>{words.alone}</em> : null}
      </h3>
      <div className="fields">
        {fields.map((entry, at) => (
          <Field
            // biome-ignore lint/suspicious/noArrayIndexKey: fields of one header keep their order
            key={at}
            entry={entry}
            stop={
              lit === undefined ? index === 0 && at === 0 : lit.layer === index && lit.field === at
            }
            words={words}
            lit={lit?.layer === index && lit.field === at}
            onLit={(on) => onLit(on ? { layer: index, field: at } : undefined)}
          />
        ))}
      </div>
      <Envelope layers={layers} index={index + 1} words={words} lit={lit} onLit={onLit} />
    </div>
  );
}

interface FieldProps {
  readonly entry: ComparedField;
  /** Tab comes here; arrows lead to the other fields. */
  readonly stop: boolean;
  readonly words: DifferenceWords;
  readonly lit: boolean;
  readonly onLit: (on: boolean) => void;
}

function Field({ entry: { field, other }, stop, words, lit, onLit }: FieldProps) {
  return (
    <button
      type="button"
      className={`field ${lit ? 'lit' : ''} ${other === undefined ? '' : 'changed'}`}
      data-field={field.name}
      tabIndex={stop ? 0 : -1}
      onFocus={() => onLit(true)}
      onBlur={() => onLit(false)}
      onMouseEnter={() => onLit(true)}
      onMouseLeave={() => onLit(false)}
    >
      <span className="field-name">{field.name}</span>
      <span className="field-value">
        {field.value}
        {other === undefined ? null : (
          <span className="other">
            {' '}
            {words.other} {other}
          </span>
        )}
      </span>
    </button>
  );
}

interface OctetsProps {
  readonly picture: PacketPicture;
  readonly changed: ReadonlySet<number>;
  readonly from: number;
  readonly to: number;
  readonly onOctet: (octet: number | undefined) => void;
}

function Octets({ picture, changed, from, to, onOctet }: OctetsProps) {
  const rows = useMemo(() => hexRows(picture.octets), [picture.octets]);
  const box = useRef<HTMLElement>(null);
  const stop = useScrollStop(box);
  const hidden = picture.length - picture.octets.length / 2;
  return (
    <section ref={box} className="octets" aria-label={PACKET.octets} {...stop}>
      {rows.map((row) => (
        <div key={row.offset} className="octet-row">
          <span className="octet-offset">{row.offset.toString(16).padStart(4, '0')}</span>
          {row.octets.map((octet, column) => {
            const at = row.offset + column;
            const classes = ['octet'];
            if (changed.has(at)) classes.push('changed');
            if (at >= from && at < to) classes.push('lit');
            return (
              // biome-ignore lint/a11y/noStaticElementInteractions: the fields beside do the same by keyboard
              <span
                key={at}
                className={classes.join(' ')}
                onMouseEnter={() => onOctet(at)}
                onMouseLeave={() => onOctet(undefined)}
              >
                {octet}
              </span>
            );
          })}
        </div>
      ))}
      {hidden > 0 ? <p className="muted">{PACKET.more(hidden)}</p> : null}
    </section>
  );
}
