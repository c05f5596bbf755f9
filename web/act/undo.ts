import { useCallback, useState } from 'react';
import type { LiveStore } from '../state/live-store.js';
import { UNDO } from './words.js';

/** A change that can be taken back. */
interface Change {
  readonly id: string;
  readonly label: string;
}

/** What was done on this page and can be taken back, and how. */
export interface Undo {
  /** The change that is next. */
  readonly label: string | undefined;
  /** Tells what was done, and keeps it. */
  done(text: string, id: string | undefined): void;
  undo(): Promise<void>;
}

const MOST = 50;

/** Keeps this page's changes, the last one on top; the server knows what they changed. */
export function useUndo(
  store: LiveStore,
  tell: (tone: 'good' | 'bad', text: string) => void,
): Undo {
  const [changes, setChanges] = useState<readonly Change[]>([]);
  const done = useCallback(
    (label: string, id: string | undefined) => {
      tell('good', label);
      if (id !== undefined) setChanges((before) => [...before, { id, label }].slice(-MOST));
    },
    [tell],
  );
  const last = changes.at(-1);
  const undo = useCallback(async () => {
    if (last === undefined) return;
    const answer = await store.command('undo', { id: last.id });
    tell(answer.ok ? 'good' : 'bad', answer.ok ? UNDO.done(answer.value) : answer.error);
    const mayTryAgain =
      !answer.ok && /terminating|cannot be reached|did not answer/.test(answer.error);
    if (!mayTryAgain) setChanges((before) => before.filter(({ id }) => id !== last.id));
  }, [last, store, tell]);
  return { label: last?.label, done, undo };
}
