/** Who asks for a certificate, and who may approve it (upstream: `pkg/registry/certificates`, `plugin/pkg/admission/certificates`). */

import type { AdmittedWrite } from '../../api/access.js';
import { type ApiFailure, refuse } from '../../api/request.js';
import { forbidden } from '../../api/status.js';
import { asObject, asString } from '../../kube/json.js';
import type { RbacAuthorizer } from '../rbac/authorizer.js';

const STORAGE = 'certificates.k8s.io/certificatesigningrequests';

/** Writes the requester into a new request; refuses approvals by those who may not approve for its signer. */
export function signingRequester(
  authorizer: RbacAuthorizer,
  { info, draft, current, subresource, user }: AdmittedWrite,
): ApiFailure | undefined {
  if (info.storage !== STORAGE) return undefined;
  if (current === undefined) {
    const { username, uid, groups, extra } = user;
    draft.spec = {
      ...asObject(draft.spec),
      username,
      groups,
      ...(uid === undefined ? {} : { uid }),
      ...(extra === undefined ? {} : { extra }),
    };
    return undefined;
  }
  if (subresource !== 'approval') {
    draft.spec = current.spec;
    return undefined;
  }
  draft.status = {
    ...asObject(current.status),
    conditions: asObject(draft.status)?.conditions ?? [],
  };
  const signer = asString(asObject(current.spec)?.signerName) ?? '';
  const [domain = ''] = signer.split('/');
  const isAllowed = [signer, `${domain}/*`].some(
    (name) =>
      authorizer.authorize(user, {
        kind: 'resource',
        verb: 'approve',
        group: 'certificates.k8s.io',
        version: '*',
        resource: 'signers',
        subresource: '',
        namespace: '',
        name,
      }).allowed,
  );
  return isAllowed
    ? undefined
    : refuse(
        forbidden(
          info,
          current.metadata.name,
          `user not permitted to approve requests with signerName "${signer}"`,
        ),
      );
}
