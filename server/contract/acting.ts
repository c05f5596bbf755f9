/** What the page sends to act on a cluster, and what comes back. */

/** A problem in a manifest. */
export interface ProblemLine {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly hint?: string;
}

/** Applies manifests as `kubectl apply -f` would. */
export interface ApplyRequest {
  readonly text: string;
  readonly file?: string;
  readonly namespace?: string;
  /** Checks everything and stores nothing. */
  readonly dryRun?: boolean;
  /** Objects whose text was loaded from the cluster and edited: refused when somebody changed them since. */
  readonly edited?: readonly LoadedVersion[];
}

/** Which state of an object a text was loaded from. */
export interface LoadedVersion extends ObjectName {
  readonly version: string;
}

/** Names one object. */
export interface ObjectName {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

/** An object as text to edit. */
export interface LoadedObject {
  readonly text: string;
  readonly loaded: LoadedVersion;
}

/** What became of a text. */
export interface ApplyReport {
  readonly lines: readonly string[];
  readonly problems: readonly ProblemLine[];
  readonly objects: readonly AppliedLine[];
  /** With which the change can be undone; absent when there is nothing to undo. */
  readonly undo?: string;
}

/** One object and what became, or would become, of it. */
export interface AppliedLine {
  /** `Deployment/web`. */
  readonly title: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly line: number;
  readonly outcome: 'created' | 'configured' | 'unchanged' | 'refused' | 'deleted';
  /** YAML before and after, of dry runs only, and only for the first objects. */
  readonly before?: string;
  readonly after?: string;
  /** Pods that it would make at once. */
  readonly pods?: readonly GhostPod[];
}

/** A pod that a dry run would make. Names of a controller's pods are numbered: the real suffix is drawn when it is made. */
export interface GhostPod {
  readonly namespace: string;
  readonly name: string;
  readonly owner?: string;
  readonly hostNetwork: boolean;
  readonly containers: readonly { readonly name: string; readonly image: string }[];
  /** Where the scheduler would put it now. */
  readonly node?: string;
  /** Why it would wait: what its condition `PodScheduled` would say. */
  readonly waits?: string;
}

/** What was done, in a sentence, and how to undo it. */
export interface Done {
  readonly text: string;
  readonly undo?: string;
}

/** Changes one object, or the life of a node. */
export type ActRequest =
  | (ObjectName & { readonly act: 'scale'; readonly replicas: number })
  | (ObjectName & { readonly act: 'restart' })
  | (ObjectName & { readonly act: 'delete'; readonly gracePeriodSeconds?: number })
  | { readonly act: 'cordon' | 'uncordon' | 'drain'; readonly node: string };

/** Named states of all objects. */
export type SnapshotRequest =
  | { readonly snapshot: 'list' }
  | { readonly snapshot: 'save' | 'restore' | 'delete'; readonly name: string };

/** A state that was saved. */
export interface SavedSnapshot {
  readonly name: string;
  /** Simulated time of saving, RFC 3339. */
  readonly savedAt: string;
  readonly objects: number;
}

/** What became of a request about snapshots. */
export interface SnapshotReport {
  readonly text: string;
  readonly snapshots: readonly SavedSnapshot[];
  /** What a restore could not put back, in words. */
  readonly problems: readonly string[];
}
