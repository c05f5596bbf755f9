import { type FormEvent, useEffect, useRef, useState } from 'react';
import type { SavedSnapshot, SnapshotRequest } from '../../server/contract/acting.js';
import type { LiveStore } from '../state/live-store.js';
import { useFaults } from './faults.js';
import type { Undo } from './undo.js';
import { STATES } from './words.js';

interface Props {
  readonly store: LiveStore;
  readonly undo: Undo;
  readonly onTell: (tone: 'good' | 'bad', text: string) => void;
  readonly onClose: () => void;
}

/** Snapshots that can be saved and restored, and faults that can be healed. */
export function StatesMenu({ store, undo, onTell, onClose }: Props) {
  const menu = useRef<HTMLDivElement>(null);
  useEffect(() => {
    menu.current?.querySelector('input')?.focus();
  }, []);
  return (
    <div ref={menu} className="states-menu">
      <Snapshots store={store} onTell={onTell} />
      <Faults store={store} undo={undo} onTell={onTell} />
      <button type="button" onClick={onClose}>
        {STATES.close}
      </button>
    </div>
  );
}

function Snapshots({ store, onTell }: Pick<Props, 'store' | 'onTell'>) {
  const [saved, setSaved] = useState<readonly SavedSnapshot[]>([]);
  const [name, setName] = useState('start');
  const [problems, setProblems] = useState<readonly string[]>([]);
  const ask = async (request: SnapshotRequest) => {
    const answer = await store.command('snapshots', request);
    if (!answer.ok) {
      setProblems([answer.error]);
      return;
    }
    setSaved(answer.value.snapshots);
    setProblems(answer.value.problems);
    if (answer.value.text !== '') onTell('good', answer.value.text);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked once, when the menu opens
  useEffect(() => {
    ask({ snapshot: 'list' });
  }, []);
  return (
    <>
      <h2>{STATES.snapshots}</h2>
      <form
        className="row"
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          ask({ snapshot: 'save', name });
        }}
      >
        <input
          aria-label={STATES.name}
          value={name}
          maxLength={63}
          onChange={(event) => setName(event.target.value)}
        />
        <button type="submit" className="primary" disabled={name.trim() === ''}>
          {STATES.save}
        </button>
      </form>
      {saved.length === 0 ? <p className="muted">{STATES.none}</p> : null}
      <ul>
        {saved.map((one) => (
          <li key={one.name} className="row">
            <b>{one.name}</b>
            <span className="muted">{STATES.holds(one.objects, one.savedAt.slice(11, 19))}</span>
            <span className="spacer" />
            <button
              type="button"
              aria-label={`${STATES.restore} ${one.name}`}
              onClick={() => ask({ snapshot: 'restore', name: one.name })}
            >
              {STATES.restore}
            </button>
            <button
              type="button"
              className="danger"
              aria-label={`${STATES.remove} ${one.name}`}
              onClick={() => ask({ snapshot: 'delete', name: one.name })}
            >
              {STATES.remove}
            </button>
          </li>
        ))}
      </ul>
      {problems.length === 0 ? null : (
        <ul className="error" role="alert">
          {problems.map((problem) => (
            <li key={problem}>▲ {problem}</li>
          ))}
        </ul>
      )}
      <p className="muted">{STATES.fidelity}</p>
    </>
  );
}

function Faults({ store, undo, onTell }: Pick<Props, 'store' | 'undo' | 'onTell'>) {
  const faults = useFaults();
  const heal = async (name: string) => {
    const answer = await store.command('act', {
      act: 'delete',
      apiVersion: 'podnet.dev/v1',
      kind: 'Fault',
      name,
    });
    if (answer.ok) undo.done(`${name} healed`, answer.value.undo);
    else onTell('bad', answer.error);
  };
  const none = faults === undefined ? STATES.lost : STATES.noFaults;
  return (
    <>
      <h2>{STATES.faults}</h2>
      {faults === undefined || faults.length === 0 ? <p className="muted">{none}</p> : null}
      <ul>
        {(faults ?? []).map((fault) => (
          <li key={fault.name} className="row" title={fault.commands.join('\n')}>
            <b className="bad">▲ {fault.type}</b>
            <span>{fault.name}</span>
            <span className="muted">
              {fault.phase} {fault.target}
            </span>
            <span className="spacer" />
            <button
              type="button"
              aria-label={`${STATES.heal} ${fault.name}`}
              onClick={() => heal(fault.name)}
            >
              {STATES.heal}
            </button>
          </li>
        ))}
      </ul>
      {(faults ?? []).length < 2 ? null : (
        <button
          type="button"
          onClick={async () => {
            for (const { name } of faults ?? []) await heal(name);
          }}
        >
          {STATES.healAll}
        </button>
      )}
    </>
  );
}
