import { useCallback, useEffect, useState } from 'react';
import type { PodInside } from '../../server/contract/inside.js';
import { usePage } from '../page.js';
import type { LiveState } from '../state/live-store.js';

/** How often pods that are looked into are asked about again, in milliseconds. */
const REFRESH_MS = 2000;
/** How long a person must look before anything is asked: a zoom passes by many. */
const SETTLE_MS = 120;
const NOTHING: ReadonlyMap<string, PodInside> = new Map();

/** What is inside the pods that a person looks into. */
export function useInside({ connected }: LiveState): {
  readonly inside: ReadonlyMap<string, PodInside>;
  readonly lookInto: (ids: readonly string[]) => void;
} {
  const { store } = usePage();
  const [ids, setIds] = useState<readonly string[]>([]);
  const [inside, setInside] = useState(NOTHING);
  const lookInto = useCallback((next: readonly string[]) => {
    setIds((before) =>
      before.length === next.length && before.every((id, index) => id === next[index])
        ? before
        : next,
    );
  }, []);
  useEffect(() => {
    if (ids.length === 0 || !connected) return undefined;
    let over = false;
    const ask = async () => {
      const answer = await store.command('inside', { ids });
      if (!over && answer.ok) setInside((before) => merged(before, answer.value));
    };
    const first = setTimeout(ask, SETTLE_MS);
    const timer = setInterval(() => {
      if (!document.hidden) ask();
    }, REFRESH_MS);
    return () => {
      over = true;
      clearTimeout(first);
      clearInterval(timer);
    };
  }, [ids, connected, store]);
  return { inside, lookInto };
}

/** What was told before stays the same object while it says the same, so that nothing is drawn anew. */
function merged(
  before: ReadonlyMap<string, PodInside>,
  told: readonly PodInside[],
): ReadonlyMap<string, PodInside> {
  const next = new Map<string, PodInside>();
  let same = told.length === before.size;
  for (const pod of told) {
    const known = before.get(pod.id);
    const unchanged = known !== undefined && JSON.stringify(known) === JSON.stringify(pod);
    next.set(pod.id, unchanged ? known : pod);
    same &&= unchanged;
  }
  return same ? before : next;
}
