import { createContext, useCallback, useContext, useMemo, useState } from 'react';
import type { TerminalTarget } from './target.js';

/** A terminal that is open. */
export interface OpenTerminal {
  readonly id: number;
  readonly target: TerminalTarget;
}

/** The open terminals of the page. */
export interface Terminals {
  readonly open: readonly OpenTerminal[];
  readonly shown: number | undefined;
  add(target: TerminalTarget): void;
  show(id: number): void;
  close(id: number): void;
  closeAll(): void;
}

/** Terminals that may be open at once. */
const MOST = 12;

/** Keeps the open terminals. */
export function useTerminalList(): Terminals {
  const [state, setState] = useState<{
    readonly next: number;
    readonly open: readonly OpenTerminal[];
    readonly shown: number | undefined;
  }>({ next: 1, open: [], shown: undefined });
  const add = useCallback(
    (target: TerminalTarget) =>
      setState(({ next, open, shown }) =>
        open.length >= MOST
          ? { next, open, shown }
          : { next: next + 1, open: [...open, { id: next, target }], shown: next },
      ),
    [],
  );
  const show = useCallback((id: number) => setState((before) => ({ ...before, shown: id })), []);
  const close = useCallback(
    (id: number) =>
      setState(({ next, open, shown }) => {
        const at = open.findIndex((one) => one.id === id);
        const left = open.filter((one) => one.id !== id);
        const neighbor = left[Math.min(at, left.length - 1)]?.id;
        return { next, open: left, shown: shown === id ? neighbor : shown };
      }),
    [],
  );
  const closeAll = useCallback(
    () => setState(({ next }) => ({ next, open: [], shown: undefined })),
    [],
  );
  return useMemo(
    () => ({ open: state.open, shown: state.shown, add, show, close, closeAll }),
    [state, add, show, close, closeAll],
  );
}

/** The page's terminals, for whatever opens one. */
export const TerminalsContext = createContext<Terminals | undefined>(undefined);

/** Opens a terminal. */
export function useOpenTerminal(): (target: TerminalTarget) => void {
  const terminals = useContext(TerminalsContext);
  return useCallback((target) => terminals?.add(target), [terminals]);
}
