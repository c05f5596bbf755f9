import { useCallback, useRef, useState } from 'react';

/** A message that goes away by itself. */
export interface Toast {
  readonly id: number;
  readonly tone: 'good' | 'bad';
  readonly text: string;
}

/** How long a message stays, in milliseconds. */
const STAY_MS = { good: 6000, bad: 12_000 } as const;
const MOST = 5;

/** A stack of messages; the newest is last. */
export function useToasts() {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const nextId = useRef(1);
  const dismiss = useCallback(
    (id: number) => setToasts((before) => before.filter((t) => t.id !== id)),
    [],
  );
  const tell = useCallback(
    (tone: Toast['tone'], text: string) => {
      const id = nextId.current;
      nextId.current += 1;
      setToasts((before) => [...before, { id, tone, text }].slice(-MOST));
      setTimeout(() => dismiss(id), STAY_MS[tone]);
    },
    [dismiss],
  );
  return { toasts, tell, dismiss };
}
