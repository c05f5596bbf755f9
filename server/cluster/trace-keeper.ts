/**
 * Carries Traces out: sends the probe of each on the simulated clock, as soon as its ends are there, and writes down
 * what became of it.
 */

import type { Journey } from '../contract/journey.js';
import type { Trace, TraceStatus } from '../contract/kube.js';
import type { TraceRequest } from '../contract/live.js';
import { type ControlClient, type Controller, splitQueueKey, WorkQueue } from '../control/index.js';
import { completeStatus, failedStatus, pendingStatus } from './trace-status.js';
import type { TraceOutcome } from './tracing.js';

const TRACES = 'podnet.dev/traces';
const SECOND_NS = 1_000_000_000;
/** How often the ends of a Trace are looked for again. */
const RETRY_NS = SECOND_NS / 2;
/** How many probes travel at once; others wait. */
const MAX_RUNNING = 16;
const DEFAULT_DEADLINE_SECONDS = 30;
/** How long a probe may travel, in simulated time. */
const PATIENCE_NS = 60 * SECOND_NS;
/** Captures are kept in memory: this many, and so many octets in all. */
const MAX_CAPTURES = 100;
const MAX_CAPTURE_BYTES = 16 * 1024 * 1024;

/** What Traces are carried out with. */
export interface TraceKeeperParts {
  readonly client: ControlClient;
  readonly clock: ConstructorParameters<typeof WorkQueue>[0]['clock'];
  /** RFC 3339 of now, to the second. */
  readonly now: () => string;
  /** Sends a probe; refuses in a sentence while an end is not there. */
  readonly send: (
    request: TraceRequest,
    sender: {
      /** `namespace/name` of the Trace. */
      readonly object: string;
      readonly done: (outcome: TraceOutcome) => void;
    },
  ) => { readonly ok: true } | { readonly ok: false; readonly error: string };
}

/** A running keeper of Traces. */
export interface TraceKeeper extends Controller {
  /** The pcapng of a Trace, while it is kept; not after a restart. */
  captureOf(trace: Trace): Uint8Array | undefined;
}

/** Starts the keeper. */
export function startTraceKeeper({ client, clock, now, send }: TraceKeeperParts): TraceKeeper {
  const { store } = client;
  const running = new Set<string>();
  const captures = new Captures();

  function sync(key: string): 'done' {
    const [namespace, name] = splitQueueKey(key);
    const trace = store.get(TRACES, namespace, name);
    const uid = trace?.metadata.uid ?? '';
    if (trace === undefined || trace.metadata.deletionTimestamp !== undefined) return 'done';
    if (isFinished(trace)) remove(trace, key);
    else if (!running.has(uid)) begin(trace, key);
    return 'done';
  }

  function begin(trace: Trace, key: string): void {
    const uid = trace.metadata.uid ?? '';
    if (running.size >= MAX_RUNNING) {
      queue.addAfter(key, RETRY_NS);
      return;
    }
    const startTime = now();
    const done = ({ journey, capture }: TraceOutcome) => {
      if (!running.delete(uid)) return;
      captures.keep(uid, capture);
      finish(trace, journey, startTime);
    };
    const sent = send(requestOf(trace), { object: key, done });
    if (!sent.ok) {
      wait(trace, key, sent.error);
      return;
    }
    running.add(uid);
    clock.schedule(PATIENCE_NS, () => {
      if (!running.delete(uid)) return;
      const message = 'the probe did not end within 60 s of simulated time';
      write(trace, failedStatus(now(), { reason: 'ProbeTimeout', message }));
    });
    const message = 'the probe is on its way';
    write(trace, pendingStatus('Running', startTime, { reason: 'ProbeSent', message }));
  }

  function wait(trace: Trace, key: string, message: string): void {
    const { activeDeadlineSeconds = DEFAULT_DEADLINE_SECONDS } = trace.spec;
    const sinceMs = Date.parse(now()) - Date.parse(trace.metadata.creationTimestamp ?? now());
    if (sinceMs >= activeDeadlineSeconds * 1000) {
      write(trace, failedStatus(now(), { reason: 'DeadlineExceeded', message }));
      return;
    }
    const why = { reason: 'WaitingForEnds', message };
    if (trace.status?.conditions?.[0]?.message !== message)
      write(trace, pendingStatus('Pending', now(), why));
    queue.addAfter(key, RETRY_NS);
  }

  function finish(trace: Trace, journey: Journey, startTime: string): void {
    write(trace, completeStatus({ journey, startTime, completionTime: now() }));
  }

  /** The Trace may be gone by now, or be another one of the same name: then nothing is written. */
  function write(trace: Trace, status: TraceStatus): void {
    client.updateStatus(TRACES, { ...trace, status });
  }

  function remove(trace: Trace, key: string): void {
    const { ttlSecondsAfterFinished: ttl } = trace.spec;
    const { completionTime } = trace.status ?? {};
    if (ttl === undefined || completionTime === undefined) return;
    const leftMs = Date.parse(completionTime) + ttl * 1000 - Date.parse(now());
    if (leftMs > 0) {
      queue.addAfter(key, leftMs * 1_000_000);
      return;
    }
    const { namespace, name, uid } = trace.metadata;
    client.delete(TRACES, namespace, name, uid === undefined ? {} : { uid });
  }

  const queue: WorkQueue = new WorkQueue({ clock, sync });
  const end = store.watch(TRACES, ({ type, object }) => {
    if (type === 'DELETED') captures.drop(object.metadata.uid ?? '');
    else queue.add(keyOf(object));
  });
  for (const trace of store.list(TRACES)) queue.add(keyOf(trace));
  return {
    get pendingWork() {
      return queue.pending;
    },
    captureOf: ({ metadata }) => captures.of(metadata.uid ?? ''),
    stop() {
      end();
      queue.stop();
    },
  };
}

function isFinished({ status }: Trace): boolean {
  return status?.phase === 'Complete' || status?.phase === 'Failed';
}

function keyOf({ metadata }: Trace): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

function requestOf({ metadata, spec }: Trace): TraceRequest {
  const { from, to, protocol = 'tcp', port, size, dontFragment, ttl } = spec;
  return {
    from,
    to,
    protocol,
    namespace: metadata.namespace ?? 'default',
    ...(port === undefined ? {} : { port }),
    ...(size === undefined ? {} : { size }),
    ...(dontFragment === undefined ? {} : { dontFragment }),
    ...(ttl === undefined ? {} : { ttl }),
  };
}

/** The newest captures, by uid. */
class Captures {
  readonly #kept = new Map<string, Uint8Array>();
  #bytes = 0;

  keep(uid: string, capture: Uint8Array): void {
    this.#kept.set(uid, capture);
    this.#bytes += capture.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MAX_CAPTURES && this.#bytes <= MAX_CAPTURE_BYTES) break;
      this.drop(oldest);
    }
  }

  of(uid: string): Uint8Array | undefined {
    return this.#kept.get(uid);
  }

  drop(uid: string): void {
    this.#bytes -= this.#kept.get(uid)?.length ?? 0;
    this.#kept.delete(uid);
  }
}
