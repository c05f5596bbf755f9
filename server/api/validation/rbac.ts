/** Rules for Roles, ClusterRoles and their bindings (kubernetes `pkg/apis/rbac/validation`). */

import type { KubeObject } from '../../contract/kube.js';
import {
  asObject,
  asString,
  deepEqual,
  type JsonObject,
  objectsOf,
  stringsOf,
} from '../../kube/json.js';
import {
  addAll,
  type FieldError,
  goText,
  invalidValue,
  notSupported,
  required,
} from './field-error.js';
import { checkDns1123Subdomain, checkPathSegment } from './names.js';

const GROUP = 'rbac.authorization.k8s.io';

/** What is wrong with a Role, whose rules are about one namespace. */
export function validateRole(object: KubeObject): readonly FieldError[] {
  return rulesOf(object).flatMap((rule, index) => ruleErrors(rule, `rules[${index}]`, true));
}

/** What is wrong with a ClusterRole. */
export function validateClusterRole(object: KubeObject): readonly FieldError[] {
  return rulesOf(object).flatMap((rule, index) => ruleErrors(rule, `rules[${index}]`, false));
}

function rulesOf(object: KubeObject): readonly JsonObject[] {
  return objectsOf(object.rules);
}

function ruleErrors(rule: JsonObject, at: string, isNamespaced: boolean): readonly FieldError[] {
  const list = (field: string) => stringsOf(rule[field]);
  const errors: FieldError[] = [];
  if (list('verbs').length === 0)
    errors.push(required(`${at}.verbs`, 'verbs must contain at least one value'));
  const urls = list('nonResourceURLs');
  if (urls.length > 0) {
    const problem = (detail: string) => invalidValue(`${at}.nonResourceURLs`, urls, detail);
    if (isNamespaced) errors.push(problem('namespaced rules cannot apply to non-resource URLs'));
    if (['apiGroups', 'resources', 'resourceNames'].some((field) => list(field).length > 0)) {
      errors.push(problem('rules cannot apply to both regular resources and non-resource URLs'));
    }
    return errors;
  }
  if (list('apiGroups').length === 0)
    errors.push(required(`${at}.apiGroups`, 'resource rules must supply at least one api group'));
  if (list('resources').length === 0)
    errors.push(required(`${at}.resources`, 'resource rules must supply at least one resource'));
  return errors;
}

/** What is wrong with a RoleBinding. */
export function validateRoleBinding(object: KubeObject): readonly FieldError[] {
  return bindingErrors(object, ['Role', 'ClusterRole'], true);
}

/** What is wrong with a ClusterRoleBinding. */
export function validateClusterRoleBinding(object: KubeObject): readonly FieldError[] {
  return bindingErrors(object, ['ClusterRole'], false);
}

function bindingErrors(
  object: KubeObject,
  kinds: readonly string[],
  isNamespaced: boolean,
): readonly FieldError[] {
  const ref = asObject(object.roleRef) ?? {};
  const errors: FieldError[] = [];
  if (ref.apiGroup !== GROUP)
    errors.push(notSupported('roleRef.apiGroup', ref.apiGroup ?? '', [GROUP]));
  if (!kinds.includes(String(ref.kind)))
    errors.push(notSupported('roleRef.kind', ref.kind ?? '', kinds));
  const name = asString(ref.name) ?? '';
  if (name === '') errors.push(required('roleRef.name'));
  else
    addAll(
      errors,
      checkPathSegment(name).map((one) => invalidValue('roleRef.name', name, one)),
    );
  objectsOf(object.subjects).forEach((subject, index) => {
    addAll(errors, subjectErrors(subject, `subjects[${index}]`, isNamespaced));
  });
  return errors;
}

const SUBJECT_KINDS = ['ServiceAccount', 'User', 'Group'];

function subjectErrors(
  subject: JsonObject,
  at: string,
  isNamespaced: boolean,
): readonly FieldError[] {
  const errors: FieldError[] = [];
  const name = asString(subject.name) ?? '';
  const apiGroup = asString(subject.apiGroup) ?? '';
  if (name === '') errors.push(required(`${at}.name`));
  switch (subject.kind) {
    case 'ServiceAccount':
      if (name !== '')
        addAll(
          errors,
          checkDns1123Subdomain(name).map((one) => invalidValue(`${at}.name`, name, one)),
        );
      if (apiGroup !== '') errors.push(notSupported(`${at}.apiGroup`, apiGroup, ['']));
      if (!isNamespaced && (asString(subject.namespace) ?? '') === '')
        errors.push(required(`${at}.namespace`));
      break;
    case 'User':
    case 'Group':
      if (apiGroup !== GROUP) errors.push(notSupported(`${at}.apiGroup`, apiGroup, [GROUP]));
      break;
    default:
      errors.push(notSupported(`${at}.kind`, subject.kind ?? '', SUBJECT_KINDS));
  }
  return errors;
}

/** A binding keeps the role that it was made for. */
export function validateBindingUpdate(
  next: KubeObject,
  current: KubeObject,
): readonly FieldError[] {
  if (deepEqual(next.roleRef, current.roleRef)) return [];
  const { apiGroup = '', kind = '', name = '' } = asObject(next.roleRef) ?? {};
  const text = `rbac.RoleRef{APIGroup:"${apiGroup}", Kind:"${kind}", Name:"${name}"}`;
  return [invalidValue('roleRef', goText(text), 'cannot change roleRef')];
}
