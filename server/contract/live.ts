import type {
  ActRequest,
  ApplyReport,
  ApplyRequest,
  Done,
  LoadedObject,
  ObjectName,
  SnapshotReport,
  SnapshotRequest,
} from './acting.js';
import type { CaptureNews, CaptureRequest } from './capture.js';
import type { GraphDiff, GraphSnapshot } from './graph.js';
import type { PodInside } from './inside.js';
import type { BindReport, BindRequest, QueueReport, QueueRequest, QueueRow } from './inspector.js';
import type {
  Disposition,
  Journey,
  JourneyPackets,
  PacketPicture,
  StepPackets,
} from './journey.js';
import type { PolicyReach } from './policy.js';
import type { PortsReport } from './reports.js';
import type { SuggestReport, SuggestRequest, TypedRequest } from './what-if.js';

/**
 * Messages between page and server. Socket.IO namespaces: `/graph` (snapshot, diffs), `/commands` (requests with
 * acknowledgement). Every command answers `{ok: true, value}` or `{ok: false, error}`.
 */
export interface GraphEvents {
  snapshot(snapshot: GraphSnapshot): void;
  diff(diff: GraphDiff): void;
}

/** What the page may ask on `/graph`. */
export interface GraphRequests {
  /** Answered by `snapshot`. */
  resync(): void;
}

/** Answer to a command. */
export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: string; readonly details?: readonly string[] };

/** Commands on `/commands`: name → request and value of the answer. */
export interface Commands {
  trace: { request: TraceRequest; value: Journey };
  /** The packet at a step of one of the newest traces: `hop` is the hop's number, `step` its place there, from 0. */
  traceStep: {
    request: { readonly id: string; readonly hop: number; readonly step: number };
    value: StepPackets;
  };
  /** What can be read at a step of a pod's journey: `id` is the journey's, `artefacts` the step's key. */
  podStep: {
    request: { readonly id: string; readonly artefacts: string };
    value: readonly DetailSection[];
  };
  /** A pcapng of one of the newest traces, in base64. */
  traceCapture: { request: { readonly id: string }; value: string };
  /** The newest traces, of every page and of Trace objects, newest first. */
  traces: { request: object; value: readonly KeptTrace[] };
  /** One of them. */
  keptTrace: { request: { readonly id: string }; value: KeptTrace & { readonly journey: Journey } };
  /** The packets of all its steps, for a file that shows them without a server. */
  tracePackets: { request: { readonly id: string }; value: JourneyPackets };
  details: { request: { readonly id: string }; value: VertexDetails };
  /** What is inside pods that are seen from near, by vertex id; the first 24, without those that have no sandbox. */
  inside: { request: { readonly ids: readonly string[] }; value: readonly PodInside[] };
  /** Whom the policies of a pod, or a policy, let pass. */
  reach: { request: { readonly id: string }; value: PolicyReach };
  /** Applies manifests as `kubectl apply -f` would. */
  apply: { request: ApplyRequest; value: ApplyReport };
  /** Deletes the objects that a text names. */
  deleteManifest: { request: ApplyRequest; value: ApplyReport };
  /** An object as text to edit. */
  load: { request: ObjectName; value: LoadedObject };
  act: { request: ActRequest; value: Done };
  /** Puts back what a change made through the page changed. */
  undo: { request: { readonly id: string }; value: string };
  snapshots: { request: SnapshotRequest; value: SnapshotReport };
  fault: { request: FaultRequest; value: Done };
  clock: { request: ClockRequest; value: null };
  logs: {
    request: { readonly pod: string; readonly container: string; readonly previous?: boolean };
    value: string;
  };
  /** What bind(2) would answer in a pod; nothing is bound. */
  tryBind: { request: BindRequest; value: BindReport };
  /** Begins to capture on a device of a pod or machine; gives an id. A capture that nobody reads for 15 s ends. */
  captureStart: { request: CaptureRequest; value: string };
  /** What was captured behind a number. */
  captureRead: {
    request: { readonly id: string; readonly after: number };
    value: CaptureNews;
  };
  captureStop: { request: { readonly id: string }; value: null };
  /** A captured frame, header by header. */
  capturePacket: {
    request: { readonly id: string; readonly number: number };
    value: PacketPicture;
  };
  /** The frames that are kept as pcapng, in base64. */
  captureFile: { request: { readonly id: string }; value: string };
  /** Sends to a message queue of a pod, takes from it, makes or removes one. */
  queue: { request: QueueRequest; value: QueueReport };
  /** Tries changes that may make a failed trace arrive on copies of the cluster. */
  suggest: { request: SuggestRequest; value: SuggestReport };
  /** Gives up a `suggest`, by its name: what was found so far is its answer. */
  suggestEnd: { request: { readonly run: string }; value: null };
  /** Types commands in a network namespace. */
  typed: { request: TypedRequest; value: Done };
}

/** A trace that the server still has. */
export interface KeptTrace {
  /** Id of its journey. */
  readonly id: string;
  readonly title: string;
  readonly disposition: Disposition;
  /** What it was asked for with. */
  readonly request: TraceRequest;
  /** `namespace/name` of the Trace object that asked for it; absent for traces of pages and of the command line. */
  readonly object?: string;
}

/** A probe: two ends and a protocol. Ends are written as on the command line. */
export interface TraceRequest {
  /** `pod`, `pod/name`, `ns/pod`, `node/name`, `outside`. */
  readonly from: string;
  /** The same, or a Service, DNS name or IP; a port may follow after a colon. */
  readonly to: string;
  readonly protocol: 'tcp' | 'udp' | 'icmp';
  readonly port?: number;
  readonly namespace?: string;
  readonly ttl?: number;
  /** Octets of payload. */
  readonly size?: number;
  readonly dontFragment?: boolean;
}

export type FaultRequest =
  | { readonly kind: 'link-down' | 'link-up'; readonly edge: string }
  | { readonly kind: 'kill-container'; readonly pod: string; readonly container: string }
  | { readonly kind: 'kill-pause'; readonly pod: string }
  | { readonly kind: 'node-down' | 'node-up'; readonly node: string };

export interface ClockRequest {
  readonly paused?: boolean;
  readonly speed?: number;
  /** Runs the next event only; pauses. */
  readonly step?: true;
}

/** What the side panel shows; sections are drawn in order. */
export interface VertexDetails {
  readonly id: string;
  readonly title: string;
  readonly subtitle: string;
  readonly sections: readonly DetailSection[];
  /** How it came to be, for pods. */
  readonly journey?: Journey;
  /** Message queues of a pod. */
  readonly queues?: readonly QueueRow[];
  /** Declared, bound and published ports of a pod. */
  readonly ports?: PortsReport;
}

/** Parts of a pod's inspector; a section belongs to one. */
export type DetailTab = 'overview' | 'namespaces' | 'ports' | 'queues' | 'network' | 'object';

/** One section of the panel. */
export type DetailSection = { readonly tab?: DetailTab } & (
  | {
      readonly kind: 'facts';
      readonly title: string;
      readonly rows: readonly (readonly [name: string, value: string])[];
    }
  | {
      readonly kind: 'table';
      readonly title: string;
      readonly columns: readonly string[];
      readonly rows: readonly (readonly string[])[];
      readonly note?: string;
    }
  | { readonly kind: 'text'; readonly title: string; readonly text: string }
);
