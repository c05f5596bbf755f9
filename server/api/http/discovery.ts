/** Discovery: which groups, versions and resources there are, in the aggregated and in the plain form. */

import type { ResourceRegistry } from '../registry/registry.js';
import { groupVersion, type ResourceInfo, type Subresource } from '../registry/resource-info.js';
import { parseAccept } from './negotiate.js';

/** The content type of the aggregated form, to the letter as clients expect it. */
export const AGGREGATED_TYPE =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
const AGGREGATED_BETA_TYPE =
  'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList';

/** The aggregated version that a client asks for first. */
export function aggregatedVersion(accept: string | undefined): 'v2' | 'v2beta1' | undefined {
  for (const { parameters } of parseAccept(accept)) {
    const version = parameters.get('v');
    if (
      parameters.get('as') === 'APIGroupDiscoveryList' &&
      (version === 'v2' || version === 'v2beta1')
    )
      return version;
  }
  return undefined;
}

/** The content type of an aggregated answer. */
export function aggregatedType(version: 'v2' | 'v2beta1'): string {
  return version === 'v2' ? AGGREGATED_TYPE : AGGREGATED_BETA_TYPE;
}

interface GroupVersions {
  readonly group: string;
  /** The preferred version first. */
  readonly versions: ReadonlyMap<string, readonly ResourceInfo[]>;
}

function groupsOf(registry: ResourceRegistry): readonly GroupVersions[] {
  const groups = new Map<string, Map<string, ResourceInfo[]>>();
  for (const resource of registry.all) {
    const versions = groups.get(resource.group) ?? new Map<string, ResourceInfo[]>();
    groups.set(resource.group, versions);
    const list = versions.get(resource.version) ?? [];
    versions.set(resource.version, list);
    list.push(resource);
  }
  return [...groups].map(([group, versions]) => ({ group, versions }));
}

/** What a subresource answers with, and its verbs. */
const SUBRESOURCES: Readonly<
  Record<
    Subresource,
    {
      readonly kind?: string;
      readonly group?: string;
      readonly version?: string;
      readonly verbs: readonly string[];
    }
  >
> = {
  status: { verbs: ['get', 'patch', 'update'] },
  scale: { kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: ['get', 'patch', 'update'] },
  binding: { kind: 'Binding', verbs: ['create'] },
  eviction: { kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] },
  ephemeralcontainers: { verbs: ['get', 'patch', 'update'] },
  resize: { verbs: ['get', 'patch', 'update'] },
  token: { kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1', verbs: ['create'] },
  finalize: { verbs: ['update'] },
  approval: { verbs: ['get', 'patch', 'update'] },
  log: { verbs: ['get'] },
  pcap: { verbs: ['get'] },
  exec: { kind: 'PodExecOptions', verbs: ['create', 'get'] },
  attach: { kind: 'PodAttachOptions', verbs: ['create', 'get'] },
  portforward: { kind: 'PodPortForwardOptions', verbs: ['create', 'get'] },
  proxy: { verbs: ['create', 'delete', 'get', 'patch', 'update'] },
};

/** `APIGroupDiscoveryList` of the core group, or of all named ones. */
export function aggregatedDiscovery(
  registry: ResourceRegistry,
  scope: 'core' | 'named',
  version: 'v2' | 'v2beta1',
): object {
  const groups = groupsOf(registry).filter(({ group }) => (group === '') === (scope === 'core'));
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map(({ group, versions }) => ({
      metadata: group === '' ? {} : { name: group },
      versions: [...versions].map(([name, resources]) => ({
        version: name,
        resources: resources.map(aggregatedResource),
        freshness: 'Current',
      })),
    })),
  };
}

function aggregatedResource(info: ResourceInfo): object {
  return {
    resource: info.plural,
    responseKind: { group: info.group, version: info.version, kind: info.kind },
    scope: info.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: info.singular,
    verbs: info.verbs,
    ...(info.shortNames.length === 0 || info.group === 'events.k8s.io'
      ? {}
      : { shortNames: info.shortNames }),
    ...(info.categories.length === 0 ? {} : { categories: info.categories }),
    ...(info.subresources.length === 0
      ? {}
      : {
          subresources: info.subresources.map((name) => {
            const {
              kind = info.kind,
              group = info.group,
              version = info.version,
              verbs,
            } = SUBRESOURCES[name];
            return { subresource: name, responseKind: { group, version, kind }, verbs };
          }),
        }),
  };
}

/** `APIVersions` of the core group. */
export function coreVersions(address: string): object {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
  };
}

function apiGroup({ group, versions }: GroupVersions): object {
  const names = [...versions.keys()].map((version) => ({
    groupVersion: groupVersion({ group, version }),
    version,
  }));
  return { name: group, versions: names, preferredVersion: names[0] };
}

/** `APIGroupList` of the named groups. */
export function groupList(registry: ResourceRegistry): object {
  const groups = groupsOf(registry).filter(({ group }) => group !== '');
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(apiGroup) };
}

/** `APIGroup` of one group; undefined when there is none. */
export function oneGroup(registry: ResourceRegistry, name: string): object | undefined {
  const found = groupsOf(registry).find(({ group }) => group === name);
  return found === undefined
    ? undefined
    : { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(found) };
}

/** `APIResourceList` of one version; undefined when there is none. */
export function resourceList(
  registry: ResourceRegistry,
  group: string,
  version: string,
): object | undefined {
  const resources = registry.all.filter((one) => one.group === group && one.version === version);
  if (resources.length === 0) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: groupVersion({ group, version }),
    resources: resources.flatMap((info) => [
      plainResource(info),
      ...info.subresources.map((name) => plainSubresource(info, name)),
    ]),
  };
}

function plainResource(info: ResourceInfo): object {
  return {
    name: info.plural,
    singularName: info.singular,
    namespaced: info.namespaced,
    kind: info.kind,
    verbs: info.verbs,
    ...(info.shortNames.length === 0 ? {} : { shortNames: info.shortNames }),
    ...(info.categories.length === 0 ? {} : { categories: info.categories }),
  };
}

function plainSubresource(info: ResourceInfo, name: Subresource): object {
  const { kind = info.kind, group, version, verbs } = SUBRESOURCES[name];
  return {
    name: `${info.plural}/${name}`,
    singularName: '',
    namespaced: info.namespaced,
    ...(group === undefined ? {} : { group, version }),
    kind,
    verbs,
  };
}
