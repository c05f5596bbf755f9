import { type FormEvent, useMemo, useState } from 'react';
import type { TraceRequest } from '../../server/contract/live.js';
import { sourcesOf, targetsOf } from '../model/ends.js';
import type { LiveState } from '../state/live-store.js';

/** What a person has written so far. */
export interface Draft {
  readonly from: string;
  readonly to: string;
  readonly protocol: TraceRequest['protocol'];
}

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

/** Chooses two ends and a protocol. */
export function TraceForm({ live, draft, picking, onDraft, onPick, onSend }: Props) {
  const [error, setError] = useState<string>();
  const [sending, setSending] = useState(false);
  const vertices = useMemo(() => [...live.vertices.values()], [live.vertices]);
  const sources = useMemo(() => sourcesOf(vertices), [vertices]);
  const targets = useMemo(() => targetsOf(vertices, draft.protocol), [vertices, draft.protocol]);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setSending(true);
    onPick(undefined);
    const { from, to, protocol } = draft;
    setError(await onSend({ from: from.trim(), to: to.trim(), protocol }));
    setSending(false);
  }

  return (
    <form className="trace-form" onSubmit={submit}>
      <End
        name="from"
        value={draft.from}
        placeholder="namespace/pod"
        list="sources"
        picking={picking === 'from'}
        onChange={(from) => onDraft({ ...draft, from })}
        onPick={() => onPick(picking === 'from' ? undefined : 'from')}
      />
      <End
        name="to"
        value={draft.to}
        placeholder="pod, svc/…, DNS name or IP, :port"
        list="targets"
        picking={picking === 'to'}
        onChange={(to) => onDraft({ ...draft, to })}
        onPick={() => onPick(picking === 'to' ? undefined : 'to')}
      />
      <Options id="sources" values={sources} />
      <Options id="targets" values={targets} />
      <div className="row">
        <fieldset className="segments" aria-label="Protocol">
          {PROTOCOLS.map(([value, label]) => (
            <label key={value} className={draft.protocol === value ? 'on' : ''}>
              <input
                type="radio"
                name="protocol"
                value={value}
                checked={draft.protocol === value}
                onChange={() => onDraft({ ...draft, protocol: value })}
              />
              {label}
            </label>
          ))}
        </fieldset>
        <span className="spacer" />
        <button type="submit" className="primary send" disabled={sending}>
          {sending ? 'on its way…' : 'Send ▶'}
        </button>
      </div>
      {picking === undefined ? null : (
        <p className="pick-hint" role="status">
          {picking === 'from'
            ? 'Click the pod or node that sends.'
            : 'Now click the pod, Service or node that receives.'}
        </p>
      )}
      {error === undefined ? null : (
        <p className="error" role="alert">
          {error}
        </p>
      )}
    </form>
  );
}

interface EndProps {
  readonly name: 'from' | 'to';
  readonly value: string;
  readonly placeholder: string;
  readonly list: string;
  readonly picking: boolean;
  readonly onChange: (value: string) => void;
  readonly onPick: () => void;
}

function End({ name, value, placeholder, list, picking, onChange, onPick }: EndProps) {
  return (
    <div className="end">
      <label htmlFor={`end-${name}`}>{name}</label>
      <input
        id={`end-${name}`}
        name={name}
        list={list}
        value={value}
        placeholder={placeholder}
        autoComplete="off"
        required
        onChange={(event) => onChange(event.target.value)}
      />
      <button
        type="button"
        className={picking ? 'pick on' : 'pick'}
        aria-pressed={picking}
        onClick={onPick}
        title={`Pick the ${name === 'from' ? 'sender' : 'receiver'} by clicking in the graph`}
      >
        pick
      </button>
    </div>
  );
}

function Options({ id, values }: { readonly id: string; readonly values: readonly string[] }) {
  return (
    <datalist id={id}>
      {values.map((value) => (
        <option key={value} value={value} />
      ))}
    </datalist>
  );
}
