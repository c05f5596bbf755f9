/** Watches over HTTP: one JSON object per line, for as long as the client listens. */

import type { Request, Response } from 'express';
import type { KubeObject, Status } from '../../contract/kube.js';
import type { Change } from '../../store/store.js';
import { selectorOf } from '../reading.js';
import { groupVersion, type ResourceInfo } from '../registry/resource-info.js';
import { type ListRequest, refuse } from '../request.js';
import type { ApiServer } from '../server.js';
import { expired, resourceVersionTooLarge } from '../status.js';
import { renderTable } from '../table/table.js';
import type { ListOptions } from './list-options.js';
import type { AnswerForm } from './negotiate.js';
import { includeObject } from './options.js';
import { sendFailure } from './respond.js';
import { type EventType, errorLine, eventLine, lineOf } from './watch-events.js';
import { gateOf, type Teller, type WatchGate } from './watch-gate.js';

/** What to watch, and how to tell. */
export interface WatchInput {
  readonly api: ApiServer;
  readonly info: ResourceInfo;
  readonly request: ListRequest;
  readonly options: ListOptions;
  readonly form: AnswerForm;
  readonly query: URLSearchParams;
}

const BOOKMARK_MS = 60_000;
/** A watch that is about to end tells where it is, so that the next can go on from there. */
const LAST_BOOKMARK_MS = 2_000;
const DEFAULT_TIMEOUT_MS = 45 * 60_000;
/** Longest time of a watch: timers count in 32 bits. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;
/** A client that lags so far behind is cut off. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;

/** Serves a watch until the client goes, the time is up, or it falls too far behind. */
export function serveWatch(req: Request, res: Response, input: WatchInput): void {
  const { api, info, request, options } = input;
  const selector = selectorOf(info, request);
  if (!selector.ok) {
    sendFailure(res, selector);
    return;
  }
  const matches = selector.value.matches ?? (() => true);
  const { resourceVersion: from = 0, sendInitialEvents } = options;
  const { store } = api;
  if (from > store.revision) {
    sendFailure(res, refuse(resourceVersionTooLarge(from, store.revision)));
    return;
  }
  const stream = new WatchStream(res, input);
  req.on('close', () => stream.end());
  if (sendInitialEvents ?? from === 0) {
    for (const object of store.list(info.storage, request.namespace)) {
      if (matches(object)) stream.send('ADDED', object, store.revision);
    }
    if (sendInitialEvents === true) stream.bookmark({ 'k8s.io/initial-events-end': 'true' });
  } else if (from !== 0) {
    const missed = store.since(info.storage, from);
    if (missed === undefined) {
      stream.fail(expired(`too old resource version: ${from} (${store.revision})`));
      return;
    }
    for (const change of missed) stream.change(change, request.namespace, matches);
  }
  stream.follow(
    store.watch(info.storage, (change) => stream.change(change, request.namespace, matches)),
  );
}

/** Something to tell once its revision is durable. */
interface Entry {
  readonly revision: number;
  readonly line: () => Buffer;
}

class WatchStream implements Teller {
  readonly #res: Response;
  readonly #input: WatchInput;
  readonly #gate: WatchGate;
  readonly #timers: NodeJS.Timeout[] = [];
  #entries: Entry[] = [];
  #unwatch: (() => void) | undefined;
  #ended = false;
  #columnsSent = false;

  constructor(res: Response, input: WatchInput) {
    this.#res = res;
    this.#input = input;
    this.#gate = gateOf(input.api.store);
    res.status(200);
    res.setHeader('Content-Type', 'application/json;stream=watch');
    res.setHeader('Cache-Control', 'no-cache, private');
    res.flushHeaders();
    const { timeoutSeconds, allowWatchBookmarks } = input.options;
    const timeoutMs =
      timeoutSeconds > 0 ? Math.min(timeoutSeconds * 1000, MAX_TIMEOUT_MS) : DEFAULT_TIMEOUT_MS;
    this.#timers.push(setTimeout(() => this.#finish(), timeoutMs));
    if (allowWatchBookmarks) {
      this.#timers.push(setInterval(() => this.bookmark(), BOOKMARK_MS));
      if (timeoutMs > LAST_BOOKMARK_MS)
        this.#timers.push(setTimeout(() => this.bookmark(), timeoutMs - LAST_BOOKMARK_MS));
    }
    for (const timer of this.#timers) timer.unref();
  }

  follow(unwatch: () => void): void {
    if (this.#ended) unwatch();
    else this.#unwatch = unwatch;
  }

  /**
   * Tells a change as the selector sees it: an object that starts or stops matching is added or deleted, as it last
   * matched.
   */
  change(
    change: Change,
    namespace: string | undefined,
    matches: (object: KubeObject) => boolean,
  ): void {
    const { type, object, previous, revision } = change;
    if (namespace !== undefined && object.metadata.namespace !== namespace) return;
    const was = type !== 'ADDED' && previous !== undefined && matches(previous);
    const is = type !== 'DELETED' && matches(object);
    if (type === 'DELETED') {
      if (was || matches(object)) this.send('DELETED', object, revision);
    } else if (was && !is) this.send('DELETED', asOf(previous, revision), revision);
    else if (is) this.send(was ? 'MODIFIED' : 'ADDED', object, revision);
  }

  send(type: EventType, object: KubeObject, revision: number): void {
    const { info, form, query, api } = this.#input;
    this.#enqueue(revision, () =>
      eventLine(type, object, {
        info,
        form,
        include: includeObject(query),
        withColumns: this.#withColumns(),
        now: api.now,
      }),
    );
  }

  bookmark(annotations?: Readonly<Record<string, string>>): void {
    const { info, api, form, query } = this.#input;
    const { revision } = api.store;
    const metadata = {
      resourceVersion: String(revision),
      ...(annotations === undefined ? {} : { annotations }),
    };
    const object = { kind: info.kind, apiVersion: groupVersion(info), metadata };
    this.#enqueue(revision, () =>
      lineOf(
        'BOOKMARK',
        form === 'table'
          ? renderTable({
              info,
              objects: [object as unknown as KubeObject],
              metadata,
              include: includeObject(query),
              now: api.now(),
              withColumns: this.#withColumns(),
            })
          : object,
      ),
    );
  }

  tell(revision: number): boolean {
    if (this.#ended) return false;
    const later = this.#entries.findIndex((entry) => entry.revision > revision);
    const due = later < 0 ? this.#entries : this.#entries.slice(0, later);
    this.#entries = later < 0 ? [] : this.#entries.slice(later);
    this.#res.cork();
    for (const { line } of due) this.#write(line());
    this.#res.uncork();
    return this.#entries.length > 0;
  }

  fail(status?: Status): void {
    if (status !== undefined) this.#write(errorLine(status));
    this.#finish();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#unwatch?.();
    this.#gate.leave(this);
    this.#entries = [];
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #finish(): void {
    this.end();
    this.#res.end();
  }

  #enqueue(revision: number, line: () => Buffer): void {
    if (this.#ended) return;
    this.#entries.push({ revision, line });
    this.#gate.enter(this);
  }

  #write(line: Buffer): void {
    if (this.#res.writableEnded || this.#res.destroyed) return;
    this.#res.write(line);
    if (this.#res.writableLength > MAX_BUFFERED_BYTES) this.#finish();
  }

  /** Tables name their columns in the first event only. */
  #withColumns(): boolean {
    const first = !this.#columnsSent;
    this.#columnsSent = true;
    return first;
  }
}

function asOf(object: KubeObject, revision: number): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}
