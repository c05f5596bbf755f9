/** Captures that a page watches: begun with a filter, read as they grow, ended by the page or by its absence. */

/** What to capture. */
export interface CaptureRequest {
  /** Vertex: `pod:<ns>/<name>`, `node:<name>`, `switch:<name>`. */
  readonly of: string;
  /** Name of a device, or `any`. */
  readonly device: string;
  /** In tcpdump's language; empty for everything. */
  readonly filter: string;
}

/** A frame that was captured. */
export interface CapturedLine {
  /** 1-based; frames that are no longer kept leave gaps at the beginning. */
  readonly number: number;
  readonly device: string;
  readonly direction: 'in' | 'out';
  /** As `tcpdump -n` prints it. */
  readonly text: string;
  /** Octets on the wire. */
  readonly length: number;
}

/** What came since the page last asked. */
export interface CaptureNews {
  readonly lines: readonly CapturedLine[];
  /** Frames that matched so far. */
  readonly seen: number;
  /** Frames that came too fast to be looked at. */
  readonly dropped: number;
  /** Number of the first frame that is still kept. */
  readonly first: number;
}
