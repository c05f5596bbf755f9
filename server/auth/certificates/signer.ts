/**
 * Signs approved CertificateSigningRequests for `kubernetes.io/kube-apiserver-client` (upstream:
 * `pkg/controller/certificates/signer`).
 *
 * Fidelity: this is the only signer; a request for the group `system:masters` fails when it is signed, upstream refuses it
 * when it is made. A server without TLS signs nothing, nor do clusters beside the default one.
 */

import type { Condition, KubeObject } from '../../contract/kube.js';
import type { ControlContext, Controller } from '../../control/context.js';
import { startController } from '../../control/controller.js';
import { asObject, asString, objectsOf, stringsOf } from '../../kube/json.js';
import type { KeyPair } from './authority.js';

const REQUESTS = 'certificates.k8s.io/certificatesigningrequests';
const SIGNER = 'kubernetes.io/kube-apiserver-client';
const USAGES = ['key encipherment', 'digital signature', 'client auth'];

/** What came of signing: a certificate, or why there is none. */
type Outcome = { readonly certificate: string } | { readonly failure: string };

/** Starts the signer; `onError` is told of podnet's own mistakes. */
export function startSigner(
  context: ControlContext,
  authority: KeyPair,
  onError: (error: unknown) => void,
): Controller {
  const { client } = context;
  const waiting = new Set<string>();
  const finish = (name: string, outcome: Outcome): void => {
    waiting.delete(name);
    const request = client.store.get(REQUESTS, undefined, name);
    if (request === undefined || !isToSign(request)) return;
    client.updateStatus(REQUESTS, { ...request, status: statusAfter(context, request, outcome) });
  };
  return startController({
    context,
    wakes: { [REQUESTS]: ({ object }) => (isToSign(object) ? [object.metadata.name] : []) },
    initial: () =>
      client.store
        .list(REQUESTS)
        .filter(isToSign)
        .map(({ metadata }) => metadata.name),
    sync(name) {
      const request = client.store.get(REQUESTS, undefined, name);
      if (request === undefined || !isToSign(request) || waiting.has(name)) return 'done';
      waiting.add(name);
      // Signing is done by another thread in real time; the cluster's clock does not wait for it.
      signed(authority, request).then(
        (outcome) => finish(name, outcome),
        (error: unknown) => {
          waiting.delete(name);
          onError(error);
        },
      );
      return 'done';
    },
  });
}

function isToSign(request: KubeObject): boolean {
  const spec = asObject(request.spec) ?? {};
  const status = asObject(request.status) ?? {};
  const types = objectsOf(status.conditions).map(({ type }) => type);
  return (
    spec.signerName === SIGNER &&
    (asString(status.certificate) ?? '') === '' &&
    types.includes('Approved') &&
    !types.includes('Denied') &&
    !types.includes('Failed')
  );
}

async function signed(authority: KeyPair, request: KubeObject): Promise<Outcome> {
  const spec = asObject(request.spec) ?? {};
  const usages = stringsOf(spec.usages);
  const stray = usages.filter((usage) => !USAGES.includes(usage));
  if (stray.length > 0 || !usages.includes('client auth')) {
    return { failure: `invalid usage for client certificate: ${usages.join(', ')}` };
  }
  const { signClientRequest } = await import('./authority.js');
  const pem = Buffer.from(asString(spec.request) ?? '', 'base64').toString();
  const seconds = typeof spec.expirationSeconds === 'number' ? spec.expirationSeconds : undefined;
  return signClientRequest(authority, pem, seconds);
}

function statusAfter(
  { time }: ControlContext,
  request: KubeObject,
  outcome: Outcome,
): Readonly<Record<string, unknown>> {
  const status = asObject(request.status) ?? {};
  if ('certificate' in outcome) {
    return { ...status, certificate: Buffer.from(outcome.certificate).toString('base64') };
  }
  const now = time.now();
  const failed: Condition = {
    type: 'Failed',
    status: 'True',
    reason: 'SignerValidationFailure',
    message: outcome.failure,
    lastUpdateTime: now,
    lastTransitionTime: now,
  };
  return { ...status, conditions: [...objectsOf(status.conditions), failed] };
}
