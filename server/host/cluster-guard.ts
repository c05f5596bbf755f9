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

/** Keeps what a cluster is asked within its quota; what is beyond is answered with 429, as upstream's max-in-flight filter does. */
export class ClusterGuard {
  private readonly quota: ClusterQuota;
  private readonly nowMs: () => number;
  private left: number;
  private filledMs: number;
  private watches = 0;
  private streams = 0;

  /** `nowMs` gives real time in milliseconds from any start. */
  constructor(quota: ClusterQuota, nowMs: () => number = () => performance.now()) {
    this.quota = quota;
    this.nowMs = nowMs;
    this.left = quota.requestsPerSecond * REQUEST_BURST_SECONDS;
    this.filledMs = nowMs();
  }

  /** Lets a request through, or answers it. */
  readonly admit = (request: Request, response: Response, next: NextFunction): void => {
    if (!COUNTED.test(request.path)) {
      next();
      return;
    }
    const refused = this.take() ? this.hold(request, response) : tooMany(TOO_FAST);
    if (refused === undefined) next();
    else sendFailure(response, refuse(refused));
  };

  /** Says why a connection may not be upgraded; otherwise it counts until it is closed. */
  admitStream(request: IncomingMessage): Status | undefined {
    if (!this.take()) return tooMany(TOO_FAST);
    const { maxStreams } = this.quota;
    if (this.streams >= maxStreams)
      return tooMany(`the cluster serves ${maxStreams} streams and may serve no more`);
    this.streams += 1;
    request.socket.once('close', () => {
      this.streams -= 1;
    });
    return undefined;
  }

  /** Counts what lasts: watches and followed logs. */
  private hold(request: Request, response: Response): Status | undefined {
    if (request.method !== 'GET') return undefined;
    const { maxWatches, maxStreams } = this.quota;
    if (isSet(request.query.watch)) {
      if (this.watches >= maxWatches)
        return tooMany(`the cluster serves ${maxWatches} watches and may serve no more`);
      this.watches += 1;
      response.once('close', () => {
        this.watches -= 1;
      });
    } else if (isSet(request.query.follow)) {
      if (this.streams >= maxStreams)
        return tooMany(`the cluster serves ${maxStreams} streams and may serve no more`);
      this.streams += 1;
      response.once('close', () => {
        this.streams -= 1;
      });
    }
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
