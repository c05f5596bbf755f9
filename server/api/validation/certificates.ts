/** Rules for CertificateSigningRequests (kubernetes `pkg/apis/certificates/validation`). */

import type { KubeObject } from '../../contract/kube.js';
import { asObject, asString, stringsOf } from '../../kube/json.js';
import { type FieldError, invalidValue, required } from './field-error.js';

const SIGNER = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+\/[^/]+$/;
const MAX_SIGNER = 571;
const PEM = /^-----BEGIN CERTIFICATE REQUEST-----\r?\n[\s\S]+-----END CERTIFICATE REQUEST-----\s*$/;
const MIN_SECONDS = 600;

/**
 * What is wrong with a request.
 *
 * Fidelity: what is inside of `spec.request` is looked at when it is signed.
 */
export function validateSigningRequest(object: KubeObject): readonly FieldError[] {
  const spec = asObject(object.spec) ?? {};
  const errors: FieldError[] = [];
  const signer = asString(spec.signerName) ?? '';
  if (signer === '') errors.push(required('spec.signerName'));
  else if (signer.length > MAX_SIGNER || !SIGNER.test(signer)) {
    errors.push(
      invalidValue(
        'spec.signerName',
        signer,
        "must be a fully qualified domain and path of the form 'example.com/signer-name'",
      ),
    );
  }
  const request = asString(spec.request) ?? '';
  if (!PEM.test(Buffer.from(request, 'base64').toString('latin1'))) {
    errors.push(
      invalidValue('spec.request', request, 'PEM block type must be CERTIFICATE REQUEST'),
    );
  }
  if (stringsOf(spec.usages).length === 0) errors.push(required('spec.usages'));
  const { expirationSeconds } = spec;
  if (typeof expirationSeconds === 'number' && expirationSeconds < MIN_SECONDS) {
    errors.push(
      invalidValue(
        'spec.expirationSeconds',
        expirationSeconds,
        'may not specify a duration less than 600 seconds (10 minutes)',
      ),
    );
  }
  return errors;
}
