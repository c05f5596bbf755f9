/** Rules for webhook configurations, IngressClasses and RuntimeClasses. */

import type { KubeObject } from '../../contract/kube.js';
import { asObject, type JsonObject, objectsOf, stringsOf } from '../../kube/json.js';
import { type FieldError, invalidValue, required } from './field-error.js';
import { checkDns1123Label, checkDns1123Subdomain } from './names.js';
import { textOf } from './values.js';

/** What is wrong with a webhook configuration of either kind (`pkg/apis/admissionregistration/validation`). */
export function validateWebhooks(object: KubeObject): readonly FieldError[] {
  return objectsOf(object.webhooks).flatMap((hook, index) =>
    validateHook(hook, `webhooks[${index}]`),
  );
}

function validateHook(hook: JsonObject, path: string): readonly FieldError[] {
  const name = textOf(hook.name) ?? '';
  const errors: FieldError[] = [...validateFullName(name, `${path}.name`)];
  objectsOf(hook.rules).forEach((rule, index) => {
    for (const field of ['operations', 'apiGroups', 'apiVersions', 'resources']) {
      if (stringsOf(rule[field]).length === 0)
        errors.push(required(`${path}.rules[${index}].${field}`));
    }
  });
  if ((textOf(hook.sideEffects) ?? '') === '')
    errors.push(required(`${path}.sideEffects`, 'must specify one of None, NoneOnDryRun'));
  if (stringsOf(hook.admissionReviewVersions).length === 0)
    errors.push(required(`${path}.admissionReviewVersions`, 'must specify one of v1, v1beta1'));
  const { url, service } = asObject(hook.clientConfig) ?? {};
  if ((url === undefined) === (service === undefined)) {
    errors.push(required(`${path}.clientConfig`, 'exactly one of url or service is required'));
  }
  return errors;
}

function validateFullName(name: string, path: string): readonly FieldError[] {
  if (name === '') return [required(path)];
  const wrong = checkDns1123Subdomain(name);
  if (wrong.length > 0) return wrong.map((one) => invalidValue(path, name, one));
  return name.split('.').length >= 3
    ? []
    : [
        invalidValue(
          path,
          name,
          'should be a domain with at least three segments separated by dots',
        ),
      ];
}

/** What is wrong with an IngressClass. */
export function validateIngressClassObject(object: KubeObject): readonly FieldError[] {
  const controller = textOf(asObject(object.spec)?.controller) ?? '';
  if (controller === '') return [required('spec.controller')];
  return /^[a-z0-9.-]+\/.+$/.test(controller)
    ? []
    : [
        invalidValue(
          'spec.controller',
          controller,
          'must be a domain-prefixed path (such as "acme.io/foo")',
        ),
      ];
}

/** An IngressClass keeps its controller. */
export function validateIngressClassUpdate(
  next: KubeObject,
  current: KubeObject,
): readonly FieldError[] {
  const controller = (object: KubeObject) => asObject(object.spec)?.controller;
  return controller(next) === controller(current)
    ? []
    : [invalidValue('spec.controller', controller(next), 'field is immutable')];
}

/** What is wrong with a RuntimeClass. */
export function validateRuntimeClass(object: KubeObject): readonly FieldError[] {
  const handler = textOf(object.handler) ?? '';
  return checkDns1123Label(handler).map((one) => invalidValue('handler', handler, one));
}
