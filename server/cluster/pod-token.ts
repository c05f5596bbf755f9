import type { ApiServer } from '../api/index.js';
import type { Pod } from '../contract/kube.js';
import { asObject, asString } from '../kube/json.js';
import type { TokenSource } from '../kubelet/index.js';

/** Asks the API for the token of a pod's service account, bound to the pod; empty text when it is refused. */
export function requestPodToken(
  api: ApiServer,
  { metadata, spec }: Pod,
  { audience, expirationSeconds }: TokenSource,
): string {
  const { name, namespace, uid } = metadata;
  const made = api.create({
    resource: 'serviceaccounts',
    subresource: 'token',
    namespace,
    name: spec.serviceAccountName ?? 'default',
    body: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {
        ...(audience === undefined ? {} : { audiences: [audience] }),
        ...(expirationSeconds === undefined ? {} : { expirationSeconds }),
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
      },
    },
  });
  return made.ok ? (asString(asObject(made.value.status)?.token) ?? '') : '';
}
