/**
 * How lists and mappings of the built-in kinds are merged by strategic merge patches (the `patchStrategy` and
 * `patchMergeKey` tags of upstream's types).
 */

const MERGE_KEYS: Readonly<Record<string, string>> = {
  'V1ObjectMeta.ownerReferences': 'uid',
  'V1PodSpec.containers': 'name',
  'V1PodSpec.initContainers': 'name',
  'V1PodSpec.ephemeralContainers': 'name',
  'V1PodSpec.volumes': 'name',
  'V1PodSpec.imagePullSecrets': 'name',
  'V1PodSpec.hostAliases': 'ip',
  'V1PodSpec.topologySpreadConstraints': 'topologyKey',
  'V1PodSpec.resourceClaims': 'name',
  'V1PodSpec.schedulingGates': 'name',
  'V1Container.ports': 'containerPort',
  'V1Container.env': 'name',
  'V1Container.volumeMounts': 'mountPath',
  'V1Container.volumeDevices': 'devicePath',
  'V1EphemeralContainer.ports': 'containerPort',
  'V1EphemeralContainer.env': 'name',
  'V1EphemeralContainer.volumeMounts': 'mountPath',
  'V1EphemeralContainer.volumeDevices': 'devicePath',
  'V1PodStatus.podIPs': 'ip',
  'V1PodStatus.hostIPs': 'ip',
  'V1PodStatus.resourceClaimStatuses': 'name',
  'V1ContainerStatus.allocatedResourcesStatus': 'name',
  'V1ContainerStatus.volumeMounts': 'mountPath',
  'V1ServiceSpec.ports': 'port',
  'V1ServiceAccount.secrets': 'name',
  'V1NodeStatus.addresses': 'type',
  'V1CSINodeSpec.drivers': 'name',
  'V1ValidatingWebhookConfiguration.webhooks': 'name',
  'V1MutatingWebhookConfiguration.webhooks': 'name',
  'V1ValidatingWebhook.matchConditions': 'name',
  'V1MutatingWebhook.matchConditions': 'name',
  'V1ValidatingAdmissionPolicySpec.matchConditions': 'name',
  'V1ValidatingAdmissionPolicySpec.variables': 'name',
};

const SETS: ReadonlySet<string> = new Set(['V1ObjectMeta.finalizers', 'V1NodeSpec.podCIDRs']);

/** Whose conditions a patch replaces whole. */
const WITHOUT_KEY: ReadonlySet<string> = new Set([
  'V1CertificateSigningRequestStatus',
  'V1CustomResourceDefinitionStatus',
  'V1ValidatingAdmissionPolicyStatus',
]);

/** The key by which the elements of a list are told apart; undefined for lists that are replaced whole. */
export function mergeKeyOf(type: string | undefined, field: string): string | undefined {
  if (type === undefined) return undefined;
  if (field === 'conditions' && type.endsWith('Status') && !WITHOUT_KEY.has(type)) return 'type';
  return MERGE_KEYS[`${type}.${field}`];
}

/** Whether a list of plain values is a set, to which a patch adds. */
export function isMergedSet(type: string | undefined, field: string): boolean {
  return SETS.has(`${type}.${field}`);
}
