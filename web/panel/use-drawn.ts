import { type RefObject, useEffect, useRef } from 'react';
import type { LiveState } from '../state/live-store.js';

/** Name of the performance mark of the first frame that shows the cluster. */
const FIRST = 'podnet:drawn';

/**
 * Says what the picture shows: `data-drawn` of the element is the sequence number of the graph in the frame that was painted last.
 * The first such frame leaves the performance mark `podnet:drawn`.
 */
export function useDrawn({ seq, vertices }: LiveState): RefObject<HTMLDivElement | null> {
  const element = useRef<HTMLDivElement>(null);
  const empty = vertices.size === 0;
  useEffect(() => {
    if (empty) return undefined;
    // A message that is sent in a frame arrives after it was painted.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      element.current?.setAttribute('data-drawn', `${seq}`);
      if (performance.getEntriesByName(FIRST).length === 0) performance.mark(FIRST);
      port1.close();
    };
    const frame = requestAnimationFrame(() => port2.postMessage(undefined));
    return () => {
      cancelAnimationFrame(frame);
    };
  }, [seq, empty]);
  return element;
}
