import { type FormEvent, useEffect, useId, useMemo, useRef, useState } from 'react';
import type { TraceRequest } from '../../server/contract/live.js';
import { sourcesOf, targetsOf } from '../model/ends.js';
import type { LiveState } from '../state/live-store.js';
import { writeStored } from '../state/stored.js';
import { SuggestForRefusal } from '../what-if/suggest-bar.js';
import { type Draft, type DraftError, type DraftField, errorAt, requestOf } from './draft.js';
import { Field } from './field.js';
import { FORM } from './words.js';

/** Which end the next click in the graph names. */
export type Picking = 'from' | 'to' | undefined;

interface Props {
  readonly live: LiveState;
  readonly draft: Draft;
  readonly picking: Picking;
  readonly onDraft: (draft: Draft) => void;
  readonly onPick: (picking: Picking) => void;
  /** Resolves with a sentence when the probe could not be sent. */
  readonly onSend: (request: TraceRequest) => Promise<string | undefined>;
}

const PROTOCOLS = [
  ['tcp', 'TCP'],
  ['udp', 'UDP'],
  ['icmp', 'ping'],
] as const;

const NUMBERS = [
  { name: 'port', hint: FORM.portHint },
  { name: 'size', hint: FORM.sizeHint },
  { name: 'ttl', hint: FORM.ttlHint },
] as const;

/** Chooses two ends, a protocol and what the packet is like; remembers the last. */
export function TraceForm({ live, draft, picking, onDraft, onPick, onSend }: Props) {
  const [error, setError] = useState<DraftError>();
  const [sending, setSending] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const special = draft.port + draft.size + draft.ttl !== '' || draft.dontFragment;

  useEffect(() => writeStored('trace-draft', draft), [draft]);

  function change(part: Partial<Draft>) {
    setError(undefined);
    onDraft({ ...draft, ...part });
  }

  async function submit(event: FormEvent) {
    event.preventDefault();
    setSending(true);
    onPick(undefined);
    const refusal = await onSend(requestOf(draft));
    setSending(false);
    const found = refusal === undefined ? undefined : errorAt(refusal);
    setError(found);
    if (found?.field !== undefined)
      form.current?.querySelector<HTMLInputElement>(`[name="${found.field}"]`)?.focus();
  }

  const errorOf = (field: DraftField) => (error?.field === field ? error.text : undefined);
  return (
    <form ref={form} className="trace-form" onSubmit={submit}>
      <End
        name="from"
        value={draft.from}
        optionsOf={() => sourcesOf(live.vertices.values())}
        error={errorOf('from')}
        picking={picking === 'from'}
        onChange={(from) => change({ from })}
        onPick={() => onPick(picking === 'from' ? undefined : 'from')}
      />
      <End
        name="to"
        value={draft.to}
        optionsOf={() => targetsOf([...live.vertices.values()], draft.protocol)}
        error={errorOf('to')}
        picking={picking === 'to'}
        onChange={(to) => change({ to })}
        onPick={() => onPick(picking === 'to' ? undefined : 'to')}
      />
      <div className="row">
        <fieldset className="segments" aria-label={FORM.protocol}>
          {PROTOCOLS.map(([value, label]) => (
            <label key={value} className={draft.protocol === value ? 'on' : ''}>
              <input
                type="radio"
                name="protocol"
                value={value}
                checked={draft.protocol === value}
                onChange={() => change({ protocol: value })}
              />
              {label}
            </label>
          ))}
        </fieldset>
        <span className="spacer" />
        <button type="submit" className="primary send" disabled={sending}>
          {sending ? FORM.sending : FORM.send}
        </button>
      </div>
      <details className="trace-more" open={special || isNumeric(error?.field) || undefined}>
        <summary>{FORM.more}</summary>
        <div className="trace-numbers">
          {NUMBERS.filter(({ name }) => name !== 'port' || draft.protocol !== 'icmp').map(
            ({ name, hint }) => (
              <Field
                key={name}
                id={`trace-${name}`}
                name={name}
                className="trace-number"
                error={errorOf(name)}
                value={draft[name]}
                placeholder={hint}
                inputMode="numeric"
                maxLength={8}
                onChange={(value) => change({ [name]: value })}
              />
            ),
          )}
          <label className="check">
            <input
              type="checkbox"
              name="df"
              checked={draft.dontFragment}
              onChange={(event) => change({ dontFragment: event.target.checked })}
            />
            {FORM.df}
          </label>
        </div>
      </details>
      {picking === undefined ? null : (
        <p className="pick-hint" role="status">
          {picking === 'from' ? FORM.pickingFrom : FORM.pickingTo}
        </p>
      )}
      {error === undefined || error.field !== undefined ? null : (
        <p className="error" role="alert">
          {error.text}
        </p>
      )}
      {error === undefined || isNumeric(error.field) ? null : (
        <SuggestForRefusal request={() => requestOf(draft)} />
      )}
    </form>
  );
}

function isNumeric(field: DraftField | undefined): boolean {
  return field === 'port' || field === 'size' || field === 'ttl';
}

interface EndProps {
  readonly name: 'from' | 'to';
  readonly value: string;
  /** All that may be offered; asked for when somebody is about to write. */
  readonly optionsOf: () => readonly string[];
  readonly error: string | undefined;
  readonly picking: boolean;
  readonly onChange: (value: string) => void;
  readonly onPick: () => void;
}

/** Most suggestions that are offered at once; a browser with ten thousand is slow. */
const MOST_OPTIONS = 60;

function End({ name, value, optionsOf, error, picking, onChange, onPick }: EndProps) {
  const list = useId();
  // Names are gathered once for each time that a person comes to write: sorting ten thousand for every change of a pod is slow.
  const [options, setOptions] = useState<readonly string[]>([]);
  const offered = useMemo(() => {
    const text = value.toLowerCase();
    return options.filter((option) => option.toLowerCase().includes(text)).slice(0, MOST_OPTIONS);
  }, [options, value]);
  return (
    <Field
      id={`end-${name}`}
      name={name}
      className="end"
      error={error}
      value={value}
      placeholder={name === 'from' ? FORM.fromHint : FORM.toHint}
      list={list}
      spellCheck={false}
      required
      maxLength={300}
      onFocus={() => setOptions(optionsOf())}
      onBlur={() => setOptions([])}
      onChange={onChange}
    >
      <button
        type="button"
        className={picking ? 'pick on' : 'pick'}
        aria-pressed={picking}
        onClick={onPick}
        title={name === 'from' ? FORM.pickFrom : FORM.pickTo}
      >
        {FORM.pick}
      </button>
      <datalist id={list}>
        {offered.map((option) => (
          <option key={option} value={option} />
        ))}
      </datalist>
    </Field>
  );
}
