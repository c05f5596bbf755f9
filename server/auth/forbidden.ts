/** What is said to those who may not (upstream: apiserver `responsewriters/errors.go`). */

import type { Attributes, UserInfo } from '../api/access.js';
import { failureStatus, qualifiedName } from '../api/status.js';
import type { Status } from '../contract/kube.js';

/** 401: the credentials are wrong, or there are none and some are needed. */
export function unauthorized(): Status {
  return failureStatus({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' });
}

/** 403 in upstream's words, with the authorizer's reason behind them. */
export function forbiddenStatus(user: UserInfo, asked: Attributes, reason: string): Status {
  const because = reason === '' ? '' : `: ${reason}`;
  const who = `User ${JSON.stringify(user.username)} cannot`;
  if (asked.kind === 'path') {
    const message = `forbidden: ${who} ${asked.verb} path ${JSON.stringify(asked.path)}${because}`;
    return failureStatus({ code: 403, reason: 'Forbidden', message, details: {} });
  }
  const { group, name, namespace, verb } = asked;
  const plural = asked.resource;
  const resource = asked.subresource === '' ? plural : `${plural}/${asked.subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const subject = `${qualifiedName({ group, plural })}${name === '' ? '' : ` ${JSON.stringify(name)}`}`;
  return failureStatus({
    code: 403,
    reason: 'Forbidden',
    message: `${subject} is forbidden: ${who} ${verb} resource "${resource}" in API group "${group}" ${where}${because}`,
    details: {
      ...(name === '' ? {} : { name }),
      ...(group === '' ? {} : { group }),
      kind: plural,
    },
  });
}
