import { useEffect, useRef } from 'react';
import type { TraceRequest } from '../../server/contract/live.js';
import type { Box } from '../model/geometry.js';
import { currentPicture } from '../render/picture.js';
import type { LiveStore } from '../state/live-store.js';
import type { Playback } from '../state/playback.js';
import { requestOf } from './draft.js';
import { type LinkedView, sameQuestion } from './link.js';
import type { TraceHistory } from './use-history.js';
import { LINK } from './words.js';

/** What a linked trace is restored with. */
interface Restoring {
  readonly linked: LinkedView;
  readonly store: LiveStore;
  /** The cluster is there. */
  readonly ready: boolean;
  readonly playback: Playback;
  readonly history: TraceHistory;
  /** Sends the question anew; resolves with a sentence when it could not be sent. */
  readonly send: (request: TraceRequest) => Promise<string | undefined>;
  readonly tell: (tone: 'good' | 'bad', text: string) => void;
}

/**
 * Shows the trace of the link that opened the page, at its step. A trace that the server no longer keeps, or whose id
 * belongs to another one since the server was restarted, is asked for anew, and that is told.
 */
export function useLinkedTrace(restoring: Restoring): void {
  const latest = useRef(restoring);
  latest.current = restoring;
  const begun = useRef(false);
  const { ready } = restoring;
  useEffect(() => {
    if (!ready || begun.current || latest.current.linked.trace === undefined) return;
    begun.current = true;
    restore(latest.current);
  }, [ready]);
}

async function restore({ linked, store, playback, history, send, tell }: Restoring): Promise<void> {
  const { trace, draft } = linked;
  if (trace === undefined) return;
  const asked: TraceRequest | undefined = draft && {
    ...requestOf(draft),
    ...(trace.namespace === undefined ? {} : { namespace: trace.namespace }),
  };
  const answer = await store.command('keptTrace', { id: trace.id });
  if (answer.ok && (asked === undefined || sameQuestion(asked, answer.value.request))) {
    const { request, journey } = answer.value;
    history.keep(request, journey, store.state);
    playback.show(journey, trace);
    showBox(linked.view);
    return;
  }
  if (asked === undefined) {
    tell('bad', LINK.gone);
    return;
  }
  const refusal = await send(asked);
  if (refusal === undefined) tell('good', LINK.anew);
  else tell('bad', LINK.refused(refusal));
}

/** When the player has come up and the drawing has its new size, in milliseconds. */
const SETTLED_MS = 120;

/** The drawing is smaller once the player is there: what was in sight is put into it again. */
function showBox(box: Box | undefined): void {
  if (box !== undefined) setTimeout(() => currentPicture()?.show(box), SETTLED_MS);
}
