import { type FormEvent, useState } from 'react';
import type { Edge } from '../../server/contract/graph.js';
import type { Actions } from './actions.js';
import { type FaultTarget, faultObject, TYPES_OF } from './fault-object.js';
import { ACT, FAULT } from './words.js';

interface Props {
  readonly edge?: Edge;
  readonly pod?: string;
  readonly node?: string;
  readonly actions: Actions;
}

/** Breaks what is selected with a Fault object, which lasts until it is healed. */
export function FaultForm({ edge, pod, node, actions }: Props) {
  const target: FaultTarget =
    edge === undefined
      ? pod === undefined
        ? { kind: 'node', node: node ?? '' }
        : { kind: 'pod', pod }
      : { kind: 'cable', edge };
  const types = TYPES_OF[target.kind];
  const [type, setType] = useState(types[0]);
  const [value, setValue] = useState('');
  const [error, setError] = useState<string>();
  const asked =
    type === 'Delay' || type === 'Loss' || type === 'WrongMTU' ? WORDS[type] : undefined;
  return (
    <fieldset className="fault-form">
      <legend>{ACT.impair}</legend>
      <form
        className="row"
        onSubmit={async (event: FormEvent) => {
          event.preventDefault();
          const object = faultObject(target, type, value);
          setError(await actions.create(object, `${FAULT.types[type]}: ${object.metadata.name}`));
        }}
      >
        <select
          aria-label={FAULT.type}
          value={type}
          onChange={(event) => {
            const chosen = types.find((one) => one === event.target.value);
            if (chosen !== undefined) setType(chosen);
          }}
        >
          {types.map((one) => (
            <option key={one} value={one}>
              {FAULT.types[one]}
            </option>
          ))}
        </select>
        {asked === undefined ? null : (
          <input
            aria-label={asked}
            placeholder={asked}
            value={value}
            required
            onChange={(event) => setValue(event.target.value)}
          />
        )}
        <button type="submit" className="danger">
          {FAULT.create}
        </button>
        {error === undefined ? null : (
          <p className="error" role="alert">
            {error}
          </p>
        )}
      </form>
    </fieldset>
  );
}

const WORDS = { Delay: FAULT.delay, Loss: FAULT.loss, WrongMTU: FAULT.mtu } as const;
