/** Watches over HTTP: one JSON object per line, for as long as the client listens. */

import type { Request, Response } from 'express';
import type { KubeObject, Status } from '../../contract/kube.js';
import type { Change } from '../../store/store.js';
import { fromStorage } from '../conversion.js';
import { selectorOf } from '../reading.js';
import { groupVersion, type ResourceInfo } from '../registry/resource-info.js';
import type { ListRequest } from '../request.js';
import type { ApiServer } from '../server.js';
import { expired, failureStatus } from '../status.js';
import { renderTable } from '../table/table.js';
import type { AnswerForm } from './negotiate.js';
import { sendFailure, sendStatus } from './respond.js';

/** What to watch, and how to tell. */
export interface WatchInput {
  readonly api: ApiServer;
  readonly info: ResourceInfo;
  readonly request: ListRequest;
  readonly form: AnswerForm;
  readonly query: URLSearchParams;
}

type EventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';

const BOOKMARK_MS = 60_000;
const DEFAULT_TIMEOUT_MS = 45 * 60_000;
/** A client that lags so far behind is cut off. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;

/** Serves a watch until the client goes, the time is up, or it falls too far behind. */
export function serveWatch(req: Request, res: Response, input: WatchInput): void {
  const { api, info, request, query } = input;
  const selector = selectorOf(info, request);
  if (!selector.ok) {
    sendFailure(res, selector);
    return;
  }
  const matches = selector.value.matches ?? (() => true);
  const from = query.get('resourceVersion') ?? '';
  const since = Number(from);
  const initial =
    query.get('sendInitialEvents') === 'true' ||
    ((from === '' || from === '0') && query.get('sendInitialEvents') !== 'false');
  if (since > api.store.revision) {
    sendStatus(res, tooLarge());
    return;
  }
  const stream = new WatchStream(res, input);
  req.on('close', () => stream.end());
  if (initial) {
    for (const object of api.store.list(info.storage, request.namespace)) {
      if (matches(object)) stream.send('ADDED', object, api.store.revision);
    }
    if (query.get('sendInitialEvents') === 'true')
      stream.bookmark({ 'k8s.io/initial-events-end': 'true' });
  } else {
    const missed = api.store.since(info.storage, since);
    if (missed === undefined) {
      stream.fail(expired(`too old resource version: ${from} (${api.store.revision})`));
      return;
    }
    for (const change of missed) stream.change(change, request.namespace, matches);
  }
  stream.follow(
    api.store.watch(info.storage, (change) => stream.change(change, request.namespace, matches)),
  );
}

function tooLarge(): Status {
  return failureStatus({
    code: 504,
    reason: 'Timeout',
    message: 'Too large resource version',
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  });
}

class WatchStream {
  readonly #res: Response;
  readonly #input: WatchInput;
  readonly #timers: NodeJS.Timeout[] = [];
  #unwatch: (() => void) | undefined;
  #ended = false;
  #columnsSent = false;
  /** Events go out in order, each when its revision is durable. */
  #last: Promise<void> = Promise.resolve();

  constructor(res: Response, input: WatchInput) {
    this.#res = res;
    this.#input = input;
    res.status(200);
    res.setHeader('Content-Type', 'application/json;stream=watch');
    res.setHeader('Cache-Control', 'no-cache, private');
    res.flushHeaders();
    const seconds = Number(input.query.get('timeoutSeconds') ?? 0);
    this.#timers.push(
      setTimeout(() => this.#finish(), seconds > 0 ? seconds * 1000 : DEFAULT_TIMEOUT_MS),
    );
    if (input.query.get('allowWatchBookmarks') === 'true') {
      this.#timers.push(setInterval(() => this.bookmark(), BOOKMARK_MS));
    }
    for (const timer of this.#timers) timer.unref();
  }

  follow(unwatch: () => void): void {
    if (this.#ended) unwatch();
    else this.#unwatch = unwatch;
  }

  /** Tells a change as the selector sees it: an object that starts or stops matching is added or deleted. */
  change(
    change: Change,
    namespace: string | undefined,
    matches: (object: KubeObject) => boolean,
  ): void {
    const { type, object, previous, revision } = change;
    if (namespace !== undefined && object.metadata.namespace !== namespace) return;
    const was = type !== 'ADDED' && previous !== undefined && matches(previous);
    const is = type !== 'DELETED' && matches(object);
    if (type === 'DELETED' ? was || matches(object) : was && !is)
      this.send('DELETED', object, revision);
    else if (is) this.send(was ? 'MODIFIED' : 'ADDED', object, revision);
  }

  send(type: EventType, object: KubeObject, revision: number): void {
    this.#enqueue(revision, () => ({ type, object: this.#render(object) }));
  }

  bookmark(annotations?: Readonly<Record<string, string>>): void {
    const { info, api } = this.#input;
    const { revision } = api.store;
    const metadata = {
      resourceVersion: String(revision),
      ...(annotations === undefined ? {} : { annotations }),
    };
    const object = { kind: info.kind, apiVersion: groupVersion(info), metadata };
    this.#enqueue(revision, () => ({
      type: 'BOOKMARK' satisfies EventType,
      object:
        this.#input.form === 'table'
          ? this.#table([object as unknown as KubeObject], metadata)
          : object,
    }));
  }

  fail(status: Status): void {
    this.#write({ type: 'ERROR' satisfies EventType, object: status });
    this.#finish();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#unwatch?.();
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #finish(): void {
    this.end();
    this.#res.end();
  }

  #enqueue(revision: number, event: () => object): void {
    const { store } = this.#input.api;
    this.#last = this.#last
      .then(() => store.durable(revision))
      .then(
        () => this.#write(event()),
        () => this.#finish(),
      );
  }

  #write(event: object): void {
    if (this.#res.writableEnded || this.#res.destroyed) return;
    this.#res.write(`${JSON.stringify(event)}\n`);
    if (this.#res.writableLength > MAX_BUFFERED_BYTES) this.#finish();
  }

  #render(object: KubeObject): unknown {
    const { form, info } = this.#input;
    if (form === 'table')
      return this.#table([object], { resourceVersion: object.metadata.resourceVersion });
    if (form === 'metadata') {
      return {
        kind: 'PartialObjectMetadata',
        apiVersion: 'meta.k8s.io/v1',
        metadata: object.metadata,
      };
    }
    return fromStorage(info, object);
  }

  #table(objects: readonly KubeObject[], metadata: Readonly<Record<string, unknown>>): object {
    const { info, api, query } = this.#input;
    const withColumns = !this.#columnsSent;
    this.#columnsSent = true;
    const include = query.get('includeObject') === 'Object' ? 'Object' : 'Metadata';
    return renderTable({ info, objects, metadata, include, now: api.now(), withColumns });
  }
}
