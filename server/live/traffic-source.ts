import type { TrafficSlice } from '../contract/traffic.js';

/** Counts a cluster's traffic while somebody looks. */
export interface TrafficSource {
  /** Begins to count. */
  start(): void;
  /** Ends counting; nothing of it stays at the devices. */
  stop(): void;
  /** Edges that are told of even when others have more traffic. */
  focus(edges: ReadonlySet<string>): void;
  /** What passed since it was taken last; undefined when nothing did. */
  take(): TrafficSlice | undefined;
}
