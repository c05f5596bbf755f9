import type { IncomingMessage } from 'node:http';
import type { NextFunction, Request, Response } from 'express';
import { isYes } from '../api/http/list-options.js';
import { sendFailure } from '../api/http/respond.js';
import { refuse } from '../api/request.js';
import { failureStatus } from '../api/status.js';
import type { Status } from '../contract/kube.js';
import { type ClusterQuota, REQUEST_BURST_SECONDS } from './limits.js';

/** Seconds after which a client may come again. */
const RETRY_AFTER_SECONDS = 1;
/** Paths whose requests are counted: the page and the checks of health are free. */
const COUNTED = /^\/(api|apis|openapi|version)(\/|$)/;

/** A response or socket that is open for long. */
interface Connection {
  once(event: 'close', run: () => void): unknown;
  destroy(): unknown;
}

/** Keeps what a cluster is asked within its quota; what is beyond is answered with 429, as upstream's max-in-flight filter does. */
export class ClusterGuard {
  private readonly quota: ClusterQuota;
  private readonly nowMs: () => number;
  private left: number;
  private filledMs: number;
  private readonly lasting: Readonly<
    Record<'watches' | 'streams', { readonly most: number; readonly open: Set<Connection> }>
  >;

  /** `nowMs` gives real time in milliseconds from any start. */
  constructor(quota: ClusterQuota, nowMs: () => number = () => performance.now()) {
    this.quota = quota;
    this.nowMs = nowMs;
    this.left = quota.requestsPerSecond * REQUEST_BURST_SECONDS;
    this.filledMs = nowMs();
    this.lasting = {
      watches: { most: quota.maxWatches, open: new Set() },
      streams: { most: quota.maxStreams, open: new Set() },
    };
  }

  /** Lets a request through, or answers it. */
  readonly admit = (request: Request, response: Response, next: NextFunction): void => {
    if (!COUNTED.test(request.path)) {
      next();
      return;
    }
    const refused = this.take() ? this.admitLasting(request, response) : tooMany(TOO_FAST);
    if (refused === undefined) next();
    else sendFailure(response, refuse(refused));
  };

  /** Says why a connection may not be upgraded; otherwise it counts until it is closed. */
  admitStream(request: IncomingMessage): Status | undefined {
    if (!this.take()) return tooMany(TOO_FAST);
    return this.hold('streams', request.socket);
  }

  /** Ends what lasts; the cluster is no more. */
  close(): void {
    for (const { open } of Object.values(this.lasting))
      for (const connection of open) connection.destroy();
  }

  /** Counts a watch or a followed log until it ends. */
  private admitLasting(request: Request, response: Response): Status | undefined {
    if (request.method !== 'GET') return undefined;
    if (isSet(request.query.watch)) return this.hold('watches', response);
    return isSet(request.query.follow) ? this.hold('streams', response) : undefined;
  }

  private hold(what: keyof typeof this.lasting, connection: Connection): Status | undefined {
    const { open, most } = this.lasting[what];
    if (open.size >= most)
      return tooMany(`the cluster serves ${most} ${what} and may serve no more`);
    open.add(connection);
    connection.once('close', () => open.delete(connection));
    return undefined;
  }

  /** Takes one request out of a bucket that refills with real time. */
  private take(): boolean {
    const { requestsPerSecond } = this.quota;
    const nowMs = this.nowMs();
    const refilled = this.left + ((nowMs - this.filledMs) * requestsPerSecond) / 1000;
    this.left = Math.min(requestsPerSecond * REQUEST_BURST_SECONDS, refilled);
    this.filledMs = nowMs;
    if (this.left < 1) return false;
    this.left -= 1;
    return true;
  }
}

/** What client-go says of a 429 without words of its own (apimachinery, `NewGenericServerResponse`). */
const TOO_FAST = 'the server has received too many requests and has asked us to try again later';

function tooMany(message: string): Status {
  return failureStatus({
    code: 429,
    reason: 'TooManyRequests',
    message,
    details: { retryAfterSeconds: RETRY_AFTER_SECONDS },
  });
}

function isSet(value: unknown): boolean {
  return isYes(Array.isArray(value) ? String(value[0]) : (value as string | undefined));
}
