import type { Pod } from '../contract/kube.js';
import { namespaceOf } from './names.js';

/** What the resolver configuration of a pod is made from. */
export interface DnsSettings {
  readonly clusterDns: string;
  readonly clusterDomain: string;
  /** Resolvers of the node. */
  readonly nodeDns: readonly string[];
}

const HOSTS_HEADER = '# Kubernetes-managed hosts file.\n';
const HOSTS_HEADER_HOST_NETWORK = '# Kubernetes-managed hosts file (host network).\n';
const MAX_HOSTNAME = 63;

/** Name of a pod for its UTS namespace: spec.hostname or the pod's name, cut to 63 characters; the node's with hostNetwork. */
export function hostnameOf(pod: Pod, nodeName: string): string {
  if (pod.spec.hostNetwork === true) return nodeName;
  const name = pod.spec.hostname ?? pod.metadata.name;
  return name.slice(0, MAX_HOSTNAME).replace(/[-.]+$/, '');
}

/** Full name in the cluster's DNS for a pod with a subdomain; undefined without one. */
function fqdnOf(pod: Pod, clusterDomain: string): string | undefined {
  const { subdomain } = pod.spec;
  if (subdomain === undefined || subdomain === '') return undefined;
  return `${hostnameOf(pod, '')}.${subdomain}.${namespaceOf(pod)}.svc.${clusterDomain}`;
}

/** `/etc/hosts` of a pod's containers (kubelet_pods.go, ensureHostsFile). */
export function hostsFile(
  pod: Pod,
  options: { ip: string; nodeName: string; clusterDomain: string },
): string {
  const host = pod.spec.hostNetwork === true;
  let text = host ? HOSTS_HEADER_HOST_NETWORK : HOSTS_HEADER;
  text += '127.0.0.1\tlocalhost\n';
  text += '::1\tlocalhost ip6-localhost ip6-loopback\n';
  text +=
    'fe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n';
  const hostname = hostnameOf(pod, options.nodeName);
  const fqdn = host ? undefined : fqdnOf(pod, options.clusterDomain);
  text += `${options.ip}\t${fqdn === undefined ? '' : `${fqdn}\t`}${hostname}\n`;
  const aliases = pod.spec.hostAliases ?? [];
  if (aliases.length > 0) {
    text += '\n# Entries added by HostAliases.\n';
    for (const { ip, hostnames = [] } of aliases) text += `${ip}\t${hostnames.join('\t')}\n`;
  }
  return text;
}

/** `/etc/resolv.conf` by dnsPolicy and dnsConfig (pkg/kubelet/network/dns). */
export function resolvConf(pod: Pod, settings: DnsSettings): string {
  const config = pod.spec.dnsConfig ?? {};
  const base = baseDns(pod, settings);
  const nameservers = unique([...base.nameservers, ...(config.nameservers ?? [])]);
  const searches = unique([...base.searches, ...(config.searches ?? [])]);
  const options = new Map(base.options);
  for (const { name = '', value } of config.options ?? []) {
    if (name !== '') options.set(name, value ?? '');
  }
  let text = '';
  if (searches.length > 0) text += `search ${searches.join(' ')}\n`;
  for (const nameserver of nameservers) text += `nameserver ${nameserver}\n`;
  if (options.size > 0) {
    const words = [...options].map(([name, value]) => (value === '' ? name : `${name}:${value}`));
    text += `options ${words.join(' ')}\n`;
  }
  return text;
}

interface BaseDns {
  readonly nameservers: readonly string[];
  readonly searches: readonly string[];
  readonly options: ReadonlyMap<string, string>;
}

function baseDns(pod: Pod, { clusterDns, clusterDomain, nodeDns }: DnsSettings): BaseDns {
  const policy = pod.spec.dnsPolicy ?? 'ClusterFirst';
  if (policy === 'None') return { nameservers: [], searches: [], options: new Map() };
  const cluster =
    policy === 'ClusterFirstWithHostNet' ||
    (policy === 'ClusterFirst' && pod.spec.hostNetwork !== true);
  if (!cluster) return { nameservers: nodeDns, searches: [], options: new Map() };
  const namespace = namespaceOf(pod);
  return {
    nameservers: [clusterDns],
    searches: [`${namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain],
    options: new Map([['ndots', '5']]),
  };
}

function unique(values: readonly string[]): readonly string[] {
  return [...new Set(values)];
}
