import { type FormEvent, useState } from 'react';
import type { ObjectName } from '../../server/contract/acting.js';
import type { Actions } from './actions.js';
import { ACT } from './words.js';

/** A number of replicas to set. */
export function ScaleForm({
  target,
  actions,
}: {
  readonly target: ObjectName;
  readonly actions: Actions;
}) {
  const [replicas, setReplicas] = useState('');
  const [error, setError] = useState<string>();
  return (
    <form
      className="scale-form"
      onSubmit={async (event: FormEvent) => {
        event.preventDefault();
        if (replicas !== '')
          setError(await actions.act({ act: 'scale', ...target, replicas: Number(replicas) }));
      }}
    >
      <label>
        {ACT.scale}{' '}
        <input
          type="number"
          min={0}
          max={1000}
          value={replicas}
          aria-label={ACT.scaleName(`${target.kind} ${target.name}`)}
          onChange={(event) => setReplicas(event.target.value)}
        />
      </label>
      <button type="submit" disabled={replicas === ''}>
        {ACT.set}
      </button>
      {error === undefined ? null : (
        <p className="error" role="alert">
          {error}
        </p>
      )}
    </form>
  );
}
