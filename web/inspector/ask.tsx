/** What the forms of the inspector share: the container that asks, one command, its answer or why there is none. */
import { type ReactNode, useState } from 'react';
import type { PodVertex } from '../../server/contract/graph.js';
import type { Commands } from '../../server/contract/live.js';
import type { LiveStore } from '../state/live-store.js';
import { containersOf } from './containers.js';
import { WORDS } from './words.js';

/** A choice among the containers of a pod that run programs; the first one until a person chooses. */
export function useContainer(pod: PodVertex): {
  readonly container: string | undefined;
  readonly select: ReactNode;
} {
  const names = containersOf(pod);
  const [chosen, setChosen] = useState<string>();
  const container = names.find((name) => name === chosen) ?? names[0];
  const select = (
    <select
      aria-label={WORDS.container}
      value={container}
      onChange={(event) => setChosen(event.target.value)}
    >
      {names.map((name) => (
        <option key={name}>{name}</option>
      ))}
    </select>
  );
  return { container, select };
}

/** Sends one kind of command and keeps what it was answered last. */
export function useAsk<Name extends keyof Commands>(store: LiveStore, name: Name) {
  const [state, setState] = useState<{
    readonly value?: Commands[Name]['value'];
    readonly error?: string;
  }>({});
  async function ask(request: Commands[Name]['request']): Promise<void> {
    const answer = await store.command(name, request);
    setState(answer.ok ? { value: answer.value } : { error: answer.error });
  }
  return { ...state, ask, refuse: (error: string) => setState({ error }) };
}

/** What came of it: good or bad by shape and colour, or the error. */
export function Answer(props: {
  readonly error: string | undefined;
  readonly good: boolean;
  readonly children: ReactNode;
}) {
  const { children, error, good } = props;
  if (error !== undefined) {
    return (
      <p className="error" role="alert">
        {error}
      </p>
    );
  }
  return children === null ? null : (
    <div className={`inspector-answer ${good ? 'good' : 'bad'}`} role="status">
      {children}
    </div>
  );
}
