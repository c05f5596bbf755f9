/** How lists and mappings of the built-in kinds are merged (the `patchStrategy` and `listMapKey` tags of upstream's types). */

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

const SETS: ReadonlySet<string> = new Set([
  'V1ObjectMeta.finalizers',
  'V1NodeSpec.podCIDRs',
  'V1NodeStatus.volumesAttached',
]);

/** Server-side apply tells ports apart by protocol too. */
const APPLY_KEYS: Readonly<Record<string, readonly string[]>> = {
  'V1Container.ports': ['containerPort', 'protocol'],
  'V1EphemeralContainer.ports': ['containerPort', 'protocol'],
  'V1ServiceSpec.ports': ['port', 'protocol'],
  'V1PodSpec.topologySpreadConstraints': ['topologyKey', 'whenUnsatisfiable'],
};

/** The key by which the elements of a list are told apart; undefined for lists that are replaced whole. */
export function mergeKeyOf(type: string | undefined, field: string): string | undefined {
  if (type === undefined) return undefined;
  if (field === 'conditions' && type.endsWith('Status')) return 'type';
  return MERGE_KEYS[`${type}.${field}`];
}

/** The keys by which server-side apply tells elements apart. */
export function applyKeysOf(
  type: string | undefined,
  field: string,
): readonly string[] | undefined {
  const key = mergeKeyOf(type, field);
  return APPLY_KEYS[`${type}.${field}`] ?? (key === undefined ? undefined : [key]);
}

/** Whether a list of plain values is a set, to which a patch adds. */
export function isMergedSet(type: string | undefined, field: string): boolean {
  return SETS.has(`${type}.${field}`);
}
