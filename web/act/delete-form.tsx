import { type FormEvent, useState } from 'react';
import type { ObjectName } from '../../server/contract/acting.js';
import type { Actions } from './actions.js';
import { ACT } from './words.js';

interface Props {
  readonly target: ObjectName;
  readonly owner?: string | undefined;
  readonly actions: Actions;
  readonly onClose: () => void;
}

/** Asks before something is deleted, and how long its processes get to end. */
export function DeleteForm({ target, owner, actions, onClose }: Props) {
  const [grace, setGrace] = useState('');
  const [error, setError] = useState<string>();
  return (
    <form
      className="delete-form"
      onSubmit={async (event: FormEvent) => {
        event.preventDefault();
        const problem = await actions.act({
          act: 'delete',
          ...target,
          ...(grace === '' ? {} : { gracePeriodSeconds: Number(grace) }),
        });
        setError(problem);
        if (problem === undefined) onClose();
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        onClose();
      }}
    >
      <p>
        <b>{ACT.sure(`${target.kind} ${target.name}`)}</b>{' '}
        {owner === undefined ? '' : ACT.again(owner)}
      </p>
      {target.kind === 'Pod' ? (
        <label>
          {ACT.grace}{' '}
          <input
            type="number"
            min={0}
            max={86400}
            value={grace}
            placeholder="30"
            title={ACT.graceHint}
            onChange={(event) => setGrace(event.target.value)}
          />
        </label>
      ) : null}
      <div className="row">
        {/* biome-ignore lint/a11y/noAutofocus: the question was asked for; its answer is next */}
        <button type="submit" className="danger" autoFocus>
          {ACT.removeNow}
        </button>
        <button type="button" onClick={onClose}>
          {ACT.keep}
        </button>
      </div>
      {error === undefined ? null : (
        <p className="error" role="alert">
          {error}
        </p>
      )}
    </form>
  );
}
