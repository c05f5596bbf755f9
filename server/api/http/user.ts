/** Who a request comes from, once that is known. */

import type { IncomingMessage } from 'node:http';
import type { NextFunction, Request, Response } from 'express';
import type { Status } from '../../contract/kube.js';
import { ADMIN, type UserInfo } from '../access.js';
import { sendStatus } from './respond.js';

/** Whether a request is served, and for whom. */
export type Admitted =
  | { readonly ok: true; readonly user: UserInfo }
  | { readonly ok: false; readonly status: Status };

/** Finds out who sends a request and whether they may; `request.url` begins at the server's root. */
export type Gate = (request: IncomingMessage) => Admitted;

const users = new WeakMap<IncomingMessage, UserInfo>();

/** Notes who a request comes from. */
export function setUser(request: IncomingMessage, user: UserInfo): void {
  users.set(request, user);
}

/** Who a request comes from; the administrator where no gate stands. */
export function userOf(request: IncomingMessage): UserInfo {
  return users.get(request) ?? ADMIN;
}

/** Makes the middleware that lets requests through a gate. */
export function accessGuard(gate: Gate) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const admitted = gate(request);
    if (admitted.ok) {
      setUser(request, admitted.user);
      next();
    } else sendStatus(response, admitted.status);
  };
}
