import { createContext, useContext } from 'react';
import type { Undo } from './act/undo.js';
import type { LiveState, LiveStore } from './state/live-store.js';
import type { Playback } from './state/playback.js';
import type { Draft } from './trace/draft.js';
import type { TraceHistory } from './trace/use-history.js';

/** What every part of the page may read and ask for; parts take it with `usePage`. */
export interface Page {
  readonly live: LiveState;
  readonly store: LiveStore;
  readonly playback: Playback;
  /** Traces that this page sent. */
  readonly history: TraceHistory;
  /** The form of the next trace. */
  readonly draft: Draft;
  /** Id of the selected vertex or edge. */
  readonly selected: string | undefined;
  readonly undo: Undo;
  /** Shows a message that goes away by itself. */
  readonly tell: (tone: 'good' | 'bad', text: string) => void;
  /** Opens the editor of manifests. */
  readonly openEditor: () => void;
}

/** Given by the page to all its parts. */
export const PageContext = createContext<Page | undefined>(undefined);

/** The page around a part. */
export function usePage(): Page {
  const page = useContext(PageContext);
  if (page === undefined) throw new Error('a part of the page must stand within PageContext');
  return page;
}
