/** The rules of every kind that has some. */

import { setLimitRangeDefaults } from './defaults/limit-range.js';
import {
  prepareClaim,
  prepareDefinition,
  prepareDefinitionUpdate,
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
  validateEndpointSlice,
  validateEndpointSliceUpdate,
  validateEndpoints,
  validateLease,
} from './validation/endpoints.js';
import {
  validateIngress,
  validateIngressClass,
  validateNetworkPolicy,
} from './validation/networking.js';
import { validatePod, validatePodCreate, validatePodUpdate } from './validation/pod.js';
import {
  validateAutoscaler,
  validateBudget,
  validateLimits,
  validatePriorityClass,
  validatePriorityClassUpdate,
  validateQuota,
} from './validation/policy.js';
import {
  validateBindingUpdate,
  validateClusterRole,
  validateClusterRoleBinding,
  validateRole,
  validateRoleBinding,
} from './validation/rbac.js';
import { validateService, validateServiceUpdate } from './validation/service.js';
import {
  validateClaim,
  validateClaimUpdate,
  validateStorageClass,
  validateStorageClassUpdate,
  validateVolume,
  validateVolumeUpdate,
} from './validation/storage.js';
import {
  validateIngressClassObject,
  validateIngressClassUpdate,
  validateRuntimeClass,
  validateWebhooks,
} from './validation/webhooks.js';
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
    createOnUpdate: true,
    setDefaults: setServiceDefaults,
    prepareForCreate: prepareService,
    prepareForUpdate: prepareServiceUpdate,
    validate: validateService,
    validateUpdate: validateServiceUpdate,
    warn: warnOfService,
  },
  endpoints: {
    createOnUpdate: true,
    setDefaults: setEndpointsDefaults,
    validate: validateEndpoints,
  },
  namespaces: { setDefaults: setNamespaceDefaults, prepareForCreate: prepareNamespace },
  limitranges: {
    createOnUpdate: true,
    setDefaults: setLimitRangeDefaults,
    validate: validateLimits,
  },
  nodes: { setDefaults: setNodeDefaults },
  events: { createOnUpdate: true, setDefaults: setEventDefaults },
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
  persistentvolumeclaims: {
    setDefaults: setClaimDefaults,
    prepareForCreate: prepareClaim,
    validate: validateClaim,
    validateUpdate: validateClaimUpdate,
  },
  persistentvolumes: {
    setDefaults: setVolumeDefaults,
    prepareForCreate: prepareVolume,
    validate: validateVolume,
    validateUpdate: validateVolumeUpdate,
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
  'discovery.k8s.io/endpointslices': {
    setDefaults: setEndpointSliceDefaults,
    validate: validateEndpointSlice,
    validateUpdate: validateEndpointSliceUpdate,
  },
  'coordination.k8s.io/leases': { createOnUpdate: true, validate: validateLease },
  'networking.k8s.io/networkpolicies': {
    setDefaults: setNetworkPolicyDefaults,
    validate: validateNetworkPolicy,
  },
  'networking.k8s.io/ingresses': {
    validate: validateIngress,
    validateCreate: validateIngressClass,
    warnCreate: warnOfIngress,
  },
  'rbac.authorization.k8s.io/roles': { createOnUpdate: true, validate: validateRole },
  'rbac.authorization.k8s.io/clusterroles': { createOnUpdate: true, validate: validateClusterRole },
  'rbac.authorization.k8s.io/rolebindings': {
    createOnUpdate: true,
    setDefaults: setBindingDefaults,
    validate: validateRoleBinding,
    validateUpdate: validateBindingUpdate,
  },
  'rbac.authorization.k8s.io/clusterrolebindings': {
    createOnUpdate: true,
    setDefaults: setBindingDefaults,
    validate: validateClusterRoleBinding,
    validateUpdate: validateBindingUpdate,
  },
  'certificates.k8s.io/certificatesigningrequests': { validate: validateSigningRequest },
  'scheduling.k8s.io/priorityclasses': {
    setDefaults: setPriorityClassDefaults,
    validate: validatePriorityClass,
    validateUpdate: validatePriorityClassUpdate,
  },
  'storage.k8s.io/storageclasses': {
    setDefaults: setStorageClassDefaults,
    validate: validateStorageClass,
    validateUpdate: validateStorageClassUpdate,
  },
  'admissionregistration.k8s.io/mutatingwebhookconfigurations': { validate: validateWebhooks },
  'admissionregistration.k8s.io/validatingwebhookconfigurations': { validate: validateWebhooks },
  'networking.k8s.io/ingressclasses': {
    validate: validateIngressClassObject,
    validateUpdate: validateIngressClassUpdate,
  },
  'node.k8s.io/runtimeclasses': { validate: validateRuntimeClass },
  resourcequotas: { validate: validateQuota },
  'policy/poddisruptionbudgets': { validate: validateBudget },
  'autoscaling/horizontalpodautoscalers': {
    setDefaults: setAutoscalerDefaults,
    validate: validateAutoscaler,
  },
  'apiextensions.k8s.io/customresourcedefinitions': {
    prepareForCreate: prepareDefinition,
    prepareForUpdate: prepareDefinitionUpdate,
    validate: validateDefinition,
    validateUpdate: validateDefinitionUpdate,
  },
};

/** Makes the rule book. */
export function createRuleBook(): RuleBook {
  return new Map(Object.entries({ ...RULES, ...PODNET_RULES }));
}
