/** `Status` objects, in upstream's words (apimachinery, `api/errors/errors.go`). */

import type { Status } from '../contract/kube.js';
import type { FieldError } from './validation/field-error.js';
import { describeFieldErrors, toCause } from './validation/field-error.js';

/** Names a kind of object in messages: `deployments.apps`, `pods`. */
export interface QualifiedResource {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
}

type Details = NonNullable<Status['details']>;

interface Failure {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly details?: Details;
}

/** A refusal with any code and reason. */
export function failureStatus({ code, reason, message, details }: Failure): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(details === undefined ? {} : { details }),
    code,
  };
}

/** `deployments.apps`, or `pods` for the core group. */
export function qualifiedName(resource: {
  readonly group: string;
  readonly plural: string;
}): string {
  return resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
}

function details(resource: QualifiedResource, name?: string): Details {
  return {
    ...(name === undefined ? {} : { name }),
    ...(resource.group === '' ? {} : { group: resource.group }),
    kind: resource.plural,
  };
}

/** 400 BadRequest. */
export function badRequest(message: string): Status {
  return failureStatus({ code: 400, reason: 'BadRequest', message });
}

/** 404 for an object. */
export function notFound(resource: QualifiedResource, name: string): Status {
  return failureStatus({
    code: 404,
    reason: 'NotFound',
    message: `${qualifiedName(resource)} "${name}" not found`,
    details: details(resource, name),
  });
}

/** 404 for a path that no resource serves. */
export function unknownPath(): Status {
  return failureStatus({
    code: 404,
    reason: 'NotFound',
    message: 'the server could not find the requested resource',
    details: {},
  });
}

/** 409 because the name is taken. */
export function alreadyExists(resource: QualifiedResource, name: string): Status {
  return failureStatus({
    code: 409,
    reason: 'AlreadyExists',
    message: `${qualifiedName(resource)} "${name}" already exists`,
    details: details(resource, name),
  });
}

/** What a client reads when its copy of the object is not the newest. */
export const OBJECT_MODIFIED =
  'the object has been modified; please apply your changes to the latest version and try again';

/** 409 because the object is not in the state that the client expects. */
export function conflict(
  resource: QualifiedResource,
  name: string,
  why: string = OBJECT_MODIFIED,
): Status {
  return failureStatus({
    code: 409,
    reason: 'Conflict',
    message: `Operation cannot be fulfilled on ${qualifiedName(resource)} "${name}": ${why}`,
    details: details(resource, name),
  });
}

/** 403, with admission's words. */
export function forbidden(resource: QualifiedResource, name: string, why: string): Status {
  const subject = name === '' ? qualifiedName(resource) : `${qualifiedName(resource)} "${name}"`;
  return failureStatus({
    code: 403,
    reason: 'Forbidden',
    message: `${subject} is forbidden: ${why}`,
    details: details(resource, name),
  });
}

/** How many errors one refusal tells; a body has room for hundreds of thousands. */
const MAX_ERRORS = 1000;

/** 422 with one cause per field. */
export function invalid(
  resource: QualifiedResource,
  name: string,
  errors: readonly FieldError[],
): Status {
  const kind = resource.group === '' ? resource.kind : `${resource.kind}.${resource.group}`;
  const told = errors.slice(0, MAX_ERRORS);
  return failureStatus({
    code: 422,
    reason: 'Invalid',
    message: `${kind} "${name}" is invalid: ${describeFieldErrors(told)}`,
    details: {
      name,
      ...(resource.group === '' ? {} : { group: resource.group }),
      kind: resource.kind,
      causes: told.map(toCause),
    },
  });
}

/** 405 for a verb that the resource does not have. */
export function methodNotAllowed(resource: QualifiedResource): Status {
  return failureStatus({
    code: 405,
    reason: 'MethodNotAllowed',
    message: 'the server does not allow this method on the requested resource',
    details: details(resource),
  });
}

/** 410 for a revision or a continue token that is no longer kept. */
export function expired(message: string): Status {
  return failureStatus({ code: 410, reason: 'Expired', message });
}

/** 504 for a revision that is still to come (apiserver, `storage/errors.go`). */
export function resourceVersionTooLarge(asked: number, current: number): Status {
  return failureStatus({
    code: 504,
    reason: 'Timeout',
    message: `Timeout: Too large resource version: ${asked}, current: ${current}`,
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  });
}

/** 500 for what should not have happened. */
export function internalError(message: string): Status {
  return failureStatus({
    code: 500,
    reason: 'InternalError',
    message: `Internal error occurred: ${message}`,
    details: { causes: [{ message }] },
  });
}

/** The answer to a deletion that left nothing behind. */
export function deletedStatus(
  resource: QualifiedResource,
  name: string,
  uid: string | undefined,
): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { ...details(resource, name), ...(uid === undefined ? {} : { uid }) },
  };
}
