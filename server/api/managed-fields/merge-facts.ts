/**
 * How lists and mappings of the built-in kinds merge: facts of Kubernetes 1.33, as the `listType`, `listMapKey`,
 * `mapType` and `structType` markers of its types say. A list that is not here is atomic, a mapping granular.
 */

/** Lists whose elements are told apart by these of their fields. */
const LIST_KEYS: Readonly<Record<string, readonly string[]>> = {
  'V1ObjectMeta.ownerReferences': ['uid'],
  'V1PodSpec.containers': ['name'],
  'V1PodSpec.initContainers': ['name'],
  'V1PodSpec.ephemeralContainers': ['name'],
  'V1PodSpec.volumes': ['name'],
  'V1PodSpec.imagePullSecrets': ['name'],
  'V1PodSpec.hostAliases': ['ip'],
  'V1PodSpec.resourceClaims': ['name'],
  'V1PodSpec.schedulingGates': ['name'],
  'V1PodSpec.topologySpreadConstraints': ['topologyKey', 'whenUnsatisfiable'],
  'V1PodStatus.podIPs': ['ip'],
  'V1PodStatus.resourceClaimStatuses': ['name'],
  'V1ResourceRequirements.claims': ['name'],
  'V1ContainerStatus.allocatedResourcesStatus': ['name'],
  'V1ContainerStatus.volumeMounts': ['mountPath'],
  'V1ResourceStatus.resources': ['resourceID'],
  'V1ServiceSpec.ports': ['port', 'protocol'],
  'V1ServiceAccount.secrets': ['name'],
  'V1NodeStatus.addresses': ['type'],
  'V1CSINodeSpec.drivers': ['name'],
  'V1MutatingWebhookConfiguration.webhooks': ['name'],
  'V1ValidatingWebhookConfiguration.webhooks': ['name'],
  'V1MutatingWebhook.matchConditions': ['name'],
  'V1ValidatingWebhook.matchConditions': ['name'],
  'V1ValidatingAdmissionPolicySpec.matchConditions': ['name'],
  'V1ValidatingAdmissionPolicySpec.variables': ['name'],
  ...containerLists('V1Container'),
  ...containerLists('V1EphemeralContainer'),
};

function containerLists(type: string): Record<string, readonly string[]> {
  return {
    [`${type}.env`]: ['name'],
    [`${type}.ports`]: ['containerPort', 'protocol'],
    [`${type}.volumeMounts`]: ['mountPath'],
    [`${type}.volumeDevices`]: ['devicePath'],
  };
}

/** Conditions that are not told apart by their type. */
const ATOMIC_CONDITIONS: ReadonlySet<string> = new Set(['V1JobStatus']);

/** The fields by which the elements of a list are told apart; undefined for other lists. */
export function listKeys(type: string, field: string): readonly string[] | undefined {
  if (field === 'conditions' && type.endsWith('Status')) {
    return ATOMIC_CONDITIONS.has(type) ? undefined : ['type'];
  }
  return LIST_KEYS[`${type}.${field}`];
}

const SETS: ReadonlySet<string> = new Set([
  'V1ObjectMeta.finalizers',
  'V1NodeSpec.podCIDRs',
  'V1Endpoint.addresses',
  'V1CSIDriverSpec.volumeLifecycleModes',
  'V1UncountedTerminatedPods.failed',
  'V1UncountedTerminatedPods.succeeded',
  'V1PodFailurePolicyOnExitCodesRequirement.values',
  'V1ContainerRestartRuleOnExitCodes.values',
  'V1NonResourcePolicyRule.nonResourceURLs',
  'V1NonResourcePolicyRule.verbs',
  'V1ResourcePolicyRule.apiGroups',
  'V1ResourcePolicyRule.namespaces',
  'V1ResourcePolicyRule.resources',
  'V1ResourcePolicyRule.verbs',
  'V1ValidatingAdmissionPolicyBindingSpec.validationActions',
]);

/** Whether a list of plain values is a set. */
export function isSet(type: string, field: string): boolean {
  return SETS.has(`${type}.${field}`);
}

const ATOMIC_TYPES: ReadonlySet<string> = new Set([
  'V1LabelSelector',
  'V1OwnerReference',
  'V1ObjectReference',
  'V1LocalObjectReference',
  'V1TypedLocalObjectReference',
  'V1SecretReference',
  'V1ObjectFieldSelector',
  'V1ResourceFieldSelector',
  'V1ConfigMapKeySelector',
  'V1SecretKeySelector',
  'V1FileKeySelector',
  'V1NodeSelector',
  'V1NodeSelectorTerm',
  'V1TopologySelectorTerm',
  'V1ScopeSelector',
  'V1EndpointAddress',
  'CoreV1EndpointPort',
  'DiscoveryV1EndpointPort',
  'V1CrossVersionObjectReference',
  'V2CrossVersionObjectReference',
  'V1RoleRef',
  'RbacV1Subject',
  'V1ServiceBackendPort',
  'V1MatchResources',
  'V1NamedRuleWithOperations',
  'V1ParamKind',
  'V1ParamRef',
  'V1Variable',
]);

const GRANULAR_FIELDS: ReadonlySet<string> = new Set(['V1PersistentVolumeSpec.claimRef']);

const ATOMIC_MAPS: ReadonlySet<string> = new Set([
  'V1PodSpec.nodeSelector',
  'V1ServiceSpec.selector',
  'V1ReplicationControllerSpec.selector',
  'V1Scheduling.nodeSelector',
]);

/** Whether objects of a type are owned and replaced whole, unless they stand in a granular field. */
export function isAtomicType(name: string): boolean {
  return ATOMIC_TYPES.has(name);
}

/** Whether what stands in a field is owned field by field, whatever its type says. */
export function isGranularField(owner: string, field: string): boolean {
  return GRANULAR_FIELDS.has(`${owner}.${field}`);
}

/** Whether a mapping is owned and replaced whole. */
export function isAtomicMap(type: string, field: string): boolean {
  return ATOMIC_MAPS.has(`${type}.${field}`);
}

const KEY_DEFAULTS: ReadonlyMap<string, Readonly<Record<string, unknown>>> = new Map([
  ['V1ContainerPort', { protocol: 'TCP' }],
  ['V1ServicePort', { protocol: 'TCP' }],
]);

/** What the keys of a list's elements are when the element does not say. */
export function keyDefaults(elementType: string): Readonly<Record<string, unknown>> {
  return KEY_DEFAULTS.get(elementType) ?? {};
}

const ALWAYS_THERE: Readonly<Record<string, readonly string[]>> = {
  V1DaemonSetSpec: ['template', 'updateStrategy'],
  V1DeploymentSpec: ['strategy', 'template'],
  V1ReplicaSetSpec: ['template'],
  V1StatefulSetSpec: ['template', 'updateStrategy'],
  V1JobSpec: ['template'],
  V1CronJobSpec: ['jobTemplate'],
  V1JobTemplateSpec: ['metadata', 'spec'],
  V1PodTemplate: ['metadata', 'template'],
  V1PodTemplateSpec: ['metadata', 'spec'],
  V1PodSpec: ['containers'],
  V1PersistentVolumeClaimSpec: ['resources'],
  V1NetworkPolicySpec: ['podSelector'],
  V1HorizontalPodAutoscalerSpec: ['scaleTargetRef'],
  V2HorizontalPodAutoscalerSpec: ['scaleTargetRef'],
  V1RoleBinding: ['metadata', 'roleRef'],
  V1ClusterRoleBinding: ['metadata', 'roleRef'],
  V1CSINodeSpec: ['drivers'],
  V1ServiceStatus: ['loadBalancer'],
  V1IngressStatus: ['loadBalancer'],
  V1NodeStatus: ['daemonEndpoints', 'nodeInfo'],
};

/**
 * The fields that even an empty object of a type has, because upstream's type holds them by value and not by pointer:
 * whoever creates the object does not own them as such, only what is in them.
 */
export function alwaysThere(type: string): readonly string[] {
  return ALWAYS_THERE[type] ?? [];
}
