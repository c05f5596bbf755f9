/**
 * Who asks and what they may do, as the API sees it. Deciding is the work of `server/auth`; the API knows the questions
 * alone (upstream: apiserver `pkg/authentication/user`, `pkg/authorization/authorizer`).
 */

import type { KubeObject } from '../contract/kube.js';
import type { JsonObject } from '../kube/json.js';
import type { ResourceInfo } from './registry/resource-info.js';
import { type ApiFailure, type ApiResult, refuse } from './request.js';
import { methodNotAllowed } from './status.js';

/** Somebody who asks. */
export interface UserInfo {
  readonly username: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What is asked for: something with an object, a collection or a subresource. */
export interface ResourceAttributes {
  readonly kind: 'resource';
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`, or a verb such as `bind`. */
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  /** Empty for the object itself. */
  readonly subresource: string;
  /** Empty for cluster-wide resources and for all namespaces. */
  readonly namespace: string;
  /** Empty for collections and new objects. */
  readonly name: string;
}

/** What is asked for: a path that is no resource, such as `/version`. */
export interface PathAttributes {
  readonly kind: 'path';
  /** The HTTP method in lower case. */
  readonly verb: string;
  readonly path: string;
}

/** What is asked for. */
export type Attributes = ResourceAttributes | PathAttributes;

/** Whether somebody may do something, and why. */
export interface Decision {
  readonly allowed: boolean;
  /** Upstream's words; may be empty. */
  readonly reason: string;
}

/** An object on its way into the store, after defaulting and before validation. */
export interface AdmittedWrite {
  readonly info: ResourceInfo;
  readonly draft: JsonObject;
  /** What it replaces; undefined when it is new. */
  readonly current: KubeObject | undefined;
  readonly subresource: string | undefined;
  readonly user: UserInfo;
}

/** A TokenRequest for a ServiceAccount. */
export interface TokenAsked {
  readonly account: KubeObject;
  readonly body: unknown;
  readonly dryRun: boolean;
}

/** What the API leaves to those who know identities. */
export interface AccessControl {
  authorize(user: UserInfo, attributes: Attributes): Decision;
  /** What somebody is told who may not do something; undefined when they may. */
  deny(user: UserInfo, asked: Attributes): ApiFailure | undefined;
  /** Answers a kind that is a question and is not stored; undefined for all other kinds. */
  review(asked: {
    readonly info: ResourceInfo;
    readonly draft: JsonObject;
    readonly namespace: string | undefined;
    readonly user: UserInfo;
  }): ApiResult | undefined;
  /** Checks a write that depends on who writes, and notes in the draft who it was; undefined when it may go on. */
  admit(write: AdmittedWrite): ApiFailure | undefined;
  /** Answers `serviceaccounts/token`. */
  issueToken(asked: TokenAsked): ApiResult;
}

/** The one user of a server that asks for no credentials, and the holder of its admin certificate and token. */
export const ADMIN: UserInfo = {
  username: 'kubernetes-admin',
  groups: ['system:masters', 'system:authenticated'],
};

/** All kinds of these groups are questions. */
const REVIEW_GROUPS = ['authentication.k8s.io', 'authorization.k8s.io'];
const ACCOUNTS = { group: '', plural: 'serviceaccounts', kind: 'ServiceAccount' };

/** Access where nobody asks who somebody is: all is allowed, and there are no reviews and no tokens. */
export const UNGUARDED: AccessControl = {
  authorize: () => ({ allowed: true, reason: '' }),
  deny: () => undefined,
  review: ({ info }) =>
    REVIEW_GROUPS.includes(info.group) ? refuse(methodNotAllowed(info)) : undefined,
  admit: () => undefined,
  issueToken: () => refuse(methodNotAllowed(ACCOUNTS)),
};
