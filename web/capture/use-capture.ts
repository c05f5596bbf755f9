import { useCallback, useEffect, useState } from 'react';
import type { CapturedLine, CaptureRequest } from '../../server/contract/capture.js';
import type { LiveStore } from '../state/live-store.js';

/** How often what was captured is asked for, in milliseconds. */
const READ_MS = 400;
/** Lines that a page keeps. */
const MOST_LINES = 1000;

/** A capture as the page has it. */
export interface CaptureState {
  /** Absent before the first one. */
  readonly id?: string;
  readonly running: boolean;
  readonly lines: readonly CapturedLine[];
  readonly seen: number;
  readonly dropped: number;
  readonly error?: string;
}

const NOTHING: CaptureState = { running: false, lines: [], seen: 0, dropped: 0 };

/** Runs one capture at a time; it ends with the part of the page that shows it. */
export function useCapture(store: LiveStore) {
  const [state, setState] = useState<CaptureState>(NOTHING);
  const { id, running } = state;

  const start = useCallback(
    async (request: CaptureRequest) => {
      if (id !== undefined) void store.command('captureStop', { id });
      const answer = await store.command('captureStart', request);
      setState(
        answer.ok
          ? { ...NOTHING, id: answer.value, running: true }
          : { ...NOTHING, error: answer.error },
      );
    },
    [store, id],
  );
  const stop = useCallback(() => setState((before) => ({ ...before, running: false })), []);

  useEffect(() => {
    if (id === undefined) return undefined;
    return () => {
      void store.command('captureStop', { id });
    };
  }, [store, id]);

  useEffect(() => {
    if (id === undefined || !running) return undefined;
    let after = 0;
    let wanted = true;
    let timer: ReturnType<typeof setTimeout>;
    const read = async () => {
      const answer = await store.command('captureRead', { id, after });
      if (!wanted) return;
      if (!answer.ok) {
        setState((before) => ({ ...before, running: false, error: answer.error }));
        return;
      }
      const { dropped, lines, seen } = answer.value;
      after = lines.at(-1)?.number ?? after;
      setState((before) => ({
        ...before,
        seen,
        dropped,
        lines: lines.length === 0 ? before.lines : [...before.lines, ...lines].slice(-MOST_LINES),
      }));
      timer = setTimeout(read, READ_MS);
    };
    setState((before) => ({ ...before, lines: [] }));
    void read();
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [store, id, running]);

  return { state, start, stop };
}
