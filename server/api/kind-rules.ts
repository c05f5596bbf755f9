/** The rules of every kind that has some. */

import { setLimitRangeDefaults } from './defaults/limit-range.js';
import {
  prepareClaim,
  prepareDefinition,
  prepareNamespace,
  prepareVolume,
  setAutoscalerDefaults,
  setBindingDefaults,
  setClaimDefaults,
  setEventDefaults,
  setNamespaceDefaults,
  setNetworkPolicyDefaults,
  setNodeDefaults,
  setPriorityClassDefaults,
  setSecretDefaults,
  setStorageClassDefaults,
  setVolumeDefaults,
} from './defaults/other.js';
import { preparePod, setPodDefaults } from './defaults/pod.js';
import {
  prepareService,
  prepareServiceUpdate,
  setEndpointSliceDefaults,
  setEndpointsDefaults,
  setServiceDefaults,
} from './defaults/service.js';
import {
  prepareJob,
  setCronJobDefaults,
  setDaemonSetDefaults,
  setDeploymentDefaults,
  setJobDefaults,
  setReplicaSetDefaults,
  setReplicationControllerDefaults,
  setStatefulSetDefaults,
} from './defaults/workload.js';
import { PODNET_RULES } from './podnet/rules.js';
import type { KindRules, RuleBook } from './rules.js';
import { validateSigningRequest } from './validation/certificates.js';
import { validateConfigMap, validateConfigUpdate, validateSecret } from './validation/config.js';
import { validateDefinition, validateDefinitionUpdate } from './validation/definition.js';
import {
  validateIngress,
  validateIngressClass,
  validateNetworkPolicy,
} from './validation/networking.js';
import { validatePod, validatePodCreate, validatePodUpdate } from './validation/pod.js';
import {
  validateBindingUpdate,
  validateClusterRole,
  validateClusterRoleBinding,
  validateRole,
  validateRoleBinding,
} from './validation/rbac.js';
import { validateService, validateServiceUpdate } from './validation/service.js';
import {
  validateCronJob,
  validateDaemonSet,
  validateDeployment,
  validateJob,
  validateJobUpdate,
  validateReplicaSet,
  validateReplicationController,
  validateSelectorUpdate,
  validateStatefulSet,
  validateStatefulSetUpdate,
} from './validation/workload.js';
import {
  warnOfCronJob,
  warnOfIngress,
  warnOfPod,
  warnOfPodName,
  warnOfService,
  warnOfVolume,
  warnOfWorkload,
  warnOfWorkloadName,
} from './warnings/kinds.js';

const RULES: Readonly<Record<string, KindRules>> = {
  pods: {
    setDefaults: setPodDefaults,
    prepareForCreate: preparePod,
    validate: validatePod,
    validateCreate: validatePodCreate,
    validateUpdate: validatePodUpdate,
    warn: warnOfPod,
    warnCreate: warnOfPodName,
  },
  services: {
    setDefaults: setServiceDefaults,
    prepareForCreate: prepareService,
    prepareForUpdate: prepareServiceUpdate,
    validate: validateService,
    validateUpdate: validateServiceUpdate,
    warn: warnOfService,
  },
  endpoints: { setDefaults: setEndpointsDefaults },
  namespaces: { setDefaults: setNamespaceDefaults, prepareForCreate: prepareNamespace },
  limitranges: { setDefaults: setLimitRangeDefaults },
  nodes: { setDefaults: setNodeDefaults },
  events: { setDefaults: setEventDefaults },
  configmaps: { validate: validateConfigMap, validateUpdate: validateConfigUpdate },
  secrets: {
    setDefaults: setSecretDefaults,
    validate: validateSecret,
    validateUpdate: validateConfigUpdate,
  },
  replicationcontrollers: {
    setDefaults: setReplicationControllerDefaults,
    validate: validateReplicationController,
    warn: warnOfWorkload,
    warnCreate: warnOfWorkloadName,
  },
  persistentvolumeclaims: { setDefaults: setClaimDefaults, prepareForCreate: prepareClaim },
  persistentvolumes: {
    setDefaults: setVolumeDefaults,
    prepareForCreate: prepareVolume,
    warn: warnOfVolume,
  },
  'apps/deployments': {
    setDefaults: setDeploymentDefaults,
    validate: validateDeployment,
    validateUpdate: validateSelectorUpdate,
    warn: warnOfWorkload,
    warnCreate: warnOfWorkloadName,
  },
  'apps/replicasets': {
    setDefaults: setReplicaSetDefaults,
    validate: validateReplicaSet,
    validateUpdate: validateSelectorUpdate,
    warn: warnOfWorkload,
    warnCreate: warnOfWorkloadName,
  },
  'apps/statefulsets': {
    setDefaults: setStatefulSetDefaults,
    validate: validateStatefulSet,
    validateUpdate: validateStatefulSetUpdate,
    warn: warnOfWorkload,
    warnCreate: warnOfWorkloadName,
  },
  'apps/daemonsets': {
    setDefaults: setDaemonSetDefaults,
    validate: validateDaemonSet,
    validateUpdate: validateSelectorUpdate,
    warn: warnOfWorkload,
  },
  'batch/jobs': {
    setDefaults: setJobDefaults,
    prepareForCreate: prepareJob,
    validate: validateJob,
    validateUpdate: validateJobUpdate,
    warn: warnOfWorkload,
    warnCreate: warnOfWorkloadName,
  },
  'batch/cronjobs': {
    setDefaults: setCronJobDefaults,
    validate: validateCronJob,
    warn: warnOfCronJob,
    warnCreate: warnOfWorkloadName,
  },
  'discovery.k8s.io/endpointslices': { setDefaults: setEndpointSliceDefaults },
  'networking.k8s.io/networkpolicies': {
    setDefaults: setNetworkPolicyDefaults,
    validate: validateNetworkPolicy,
  },
  'networking.k8s.io/ingresses': {
    validate: validateIngress,
    validateCreate: validateIngressClass,
    warnCreate: warnOfIngress,
  },
  'rbac.authorization.k8s.io/roles': { validate: validateRole },
  'rbac.authorization.k8s.io/clusterroles': { validate: validateClusterRole },
  'rbac.authorization.k8s.io/rolebindings': {
    setDefaults: setBindingDefaults,
    validate: validateRoleBinding,
    validateUpdate: validateBindingUpdate,
  },
  'rbac.authorization.k8s.io/clusterrolebindings': {
    setDefaults: setBindingDefaults,
    validate: validateClusterRoleBinding,
    validateUpdate: validateBindingUpdate,
  },
  'certificates.k8s.io/certificatesigningrequests': { validate: validateSigningRequest },
  'scheduling.k8s.io/priorityclasses': { setDefaults: setPriorityClassDefaults },
  'storage.k8s.io/storageclasses': { setDefaults: setStorageClassDefaults },
  'autoscaling/horizontalpodautoscalers': { setDefaults: setAutoscalerDefaults },
  'apiextensions.k8s.io/customresourcedefinitions': {
    prepareForCreate: prepareDefinition,
    validate: validateDefinition,
    validateUpdate: validateDefinitionUpdate,
  },
};

/** Makes the rule book. */
export function createRuleBook(): RuleBook {
  return new Map(Object.entries({ ...RULES, ...PODNET_RULES }));
}
