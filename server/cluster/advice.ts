import { contains, formatIp } from '../../topology/index.js';
import type { Journey, Step } from '../contract/journey.js';
import type { Pod, Service } from '../contract/kube.js';
import { labelMapMatcher, selectorText } from '../kube/label-selector.js';
import type { Cluster } from './cluster.js';
import type { Source, Target } from './ends.js';
import { podByIp, slicesOf } from './indexes.js';
import { listed } from './unknown-name.js';

/** A probe that is over. */
export interface AskedJourney {
  readonly cluster: Cluster;
  readonly protocol: 'tcp' | 'udp' | 'icmp';
  readonly source: Source;
  readonly target: Target;
  readonly journey: Journey;
}

/** What a packet was for, as the cluster's objects tell it. */
interface Question extends AskedJourney {
  readonly steps: readonly Step[];
  readonly codes: ReadonlySet<string>;
  readonly fromOutside: boolean;
}

/**
 * What to do about a packet that did not arrive, in the words of manifests: the selector that matches nothing, the
 * targetPort where nobody listens, the policy that does not allow it. Undefined when nothing is known beyond what the
 * journey says, and when the packet arrived.
 */
export function adviceOn(asked: AskedJourney): string | undefined {
  if (asked.journey.disposition === 'delivered') return undefined;
  const steps = asked.journey.hops.flatMap((hop) => hop.steps);
  const question: Question = {
    ...asked,
    steps,
    codes: new Set(steps.flatMap(({ code }) => (code === undefined ? [] : [code]))),
    fromOutside:
      asked.source.kind === 'machine' &&
      asked.cluster.fabric.machines.get(asked.source.name)?.kind === 'outside',
  };
  return (
    onPolicy(question) ??
    onPacket(question) ??
    onService(question) ??
    onNodePort(question) ??
    onPod(question) ??
    onUnusedAddress(question)
  );
}

function onPolicy({ journey }: Question): string | undefined {
  for (const { steps } of journey.hops) {
    const denied = steps
      .filter(({ code }) => code === 'hook-dropped')
      .map(({ reason }) => /"(\S+): no policy allows this (ingress|egress)"/.exec(reason))
      .find((match) => match !== null);
    if (denied === undefined || denied === null) continue;
    const policies = steps.flatMap(
      ({ reason }) => /--comment "policy (\S+)"/.exec(reason)?.[1] ?? [],
    );
    const [, pod, direction] = denied;
    const names = [...new Set(policies)];
    const verbs =
      names.length === 1
        ? [`NetworkPolicy ${listed(names)} selects`, 'allows']
        : [`NetworkPolicies ${listed(names)} select`, 'allow'];
    return `${verbs[0]} pod ${pod} and ${verbs[1]} no such ${direction}: add a rule for this ${direction === 'ingress' ? 'sender' : 'receiver'} and port`;
  }
  return undefined;
}

function onPacket({ codes, journey }: Question): string | undefined {
  if (codes.has('ttl-expired'))
    return 'the path has more routers than the packet may pass: give a larger --ttl';
  if (journey.summary.includes('EMSGSIZE'))
    return 'with DF set the packet must fit the smallest MTU of the path; headers take 28 octets of it (ping and UDP over IPv4): send less, or leave out --dont-fragment';
  if (/is unplugged|no carrier|is disabled/.test(journey.summary))
    return 'bring up again what is down there: the cable, the interface, or the machine';
  return undefined;
}

function onService(question: Question): string | undefined {
  const { cluster, fromOutside, journey, protocol, target } = question;
  const [service] = cluster.store.byIndex('services', 'clusterIP', formatIp(target.address));
  if (service === undefined) return undefined;
  const name = nameOf(service);
  const ports = service.spec.ports ?? [];
  const offered = ports.map((p) => `${p.port}/${(p.protocol ?? 'TCP').toLowerCase()}`);
  if (fromOutside) {
    const published = ports.flatMap((p) => (p.nodePort === undefined ? [] : [p.nodePort]));
    return published.length > 0
      ? `a ClusterIP is known on the nodes alone: from outside use port ${published.join(' or ')} of any node`
      : `a ClusterIP is known on the nodes alone: from outside, Service ${name} needs type NodePort or LoadBalancer`;
  }
  if (protocol === 'icmp')
    return `only the ports of a Service are translated to pods (${listed(offered)}); a ping of its ClusterIP is routed like any address, and lost`;
  const asked = ports.find(
    (p) => p.port === target.port && (p.protocol ?? 'TCP').toLowerCase() === protocol,
  );
  if (asked === undefined)
    return `Service ${name} has no port ${target.port}/${protocol}; it has ${listed(offered)}`;
  const backends = podsOf(cluster, service);
  if (backends.length === 0) return noEndpoints(cluster, service);
  if (journey.disposition !== 'refused') return undefined;
  return `Service ${name} sends port ${asked.port} to targetPort ${asked.targetPort ?? asked.port}, ${listening(question, backends)}`;
}

function noEndpoints(cluster: Cluster, service: Service): string {
  const { selector } = service.spec;
  const name = nameOf(service);
  if (selector === undefined || Object.keys(selector).length === 0)
    return `Service ${name} has no selector: it needs EndpointSlices made by hand`;
  const pods = cluster.store.list('pods', service.metadata.namespace);
  const matches = labelMapMatcher(selector);
  const selected = pods.filter(({ metadata }) => matches(metadata.labels));
  if (selected.length > 0)
    return `the selector of Service ${name} (${selectorText(selector)}) matches ${listed(selected.map((p) => p.metadata.name))}, but none is Ready: look at the pod's state and its readiness probe`;
  const keys = Object.keys(selector);
  const there = new Set(
    pods.flatMap(({ metadata }) =>
      keys.flatMap((key) =>
        metadata.labels?.[key] === undefined ? [] : [`${key}=${metadata.labels[key]}`],
      ),
    ),
  );
  return `the selector of Service ${name} (${selectorText(selector)}) matches no pod in namespace ${service.metadata.namespace}; pods there have ${there.size === 0 ? `no label ${keys.join(', ')}` : listed([...there])}`;
}

/** What the pods that were asked listen on, as the second half of a sentence. */
function listening({ cluster, protocol }: Question, pods: readonly Pod[]): string {
  const [pod] = pods;
  const view =
    pod === undefined ? undefined : cluster.kubeletOf(pod)?.podRuntimeView(pod.metadata.uid ?? '');
  const bound = (view?.ports ?? []).filter((p) => p.proto === protocol && p.boundBy !== undefined);
  if (bound.length === 0) return `where no container of the pod listens on any ${protocol} port`;
  const loopback = bound.filter((p) => p.boundAddress === '127.0.0.1');
  const texts = bound.map(
    (p) => `${p.port}/${p.proto} on ${p.boundAddress ?? '0.0.0.0'} (${p.boundBy})`,
  );
  const advice =
    loopback.length === bound.length ? ': let the program bind 0.0.0.0, not 127.0.0.1' : '';
  return `but the pod listens on ${listed(texts)}${advice}`;
}

function onNodePort(question: Question): string | undefined {
  const { cluster, protocol, target } = question;
  const node = [...cluster.fabric.nodes.keys()].find(
    (name) => cluster.fabric.addressOf(name) === target.address,
  );
  if (node === undefined || target.port === undefined) return undefined;
  const services = cluster.store.list('services');
  const published = services.flatMap((service) =>
    (service.spec.ports ?? []).flatMap((port) =>
      port.nodePort === undefined ? [] : [{ service, port }],
    ),
  );
  const hit = published.find(({ port }) => port.nodePort === target.port);
  if (hit === undefined) {
    if (target.port < 30000 || target.port > 32767) return undefined;
    return `no Service has nodePort ${target.port}; there are ${listed(published.map(({ service, port }) => `${port.nodePort} (${nameOf(service)})`))}`;
  }
  const { service, port } = hit;
  if ((port.protocol ?? 'TCP').toLowerCase() !== protocol)
    return `nodePort ${target.port} of Service ${nameOf(service)} is ${(port.protocol ?? 'TCP').toLowerCase()}, not ${protocol}`;
  const backends = podsOf(cluster, service);
  if (backends.length === 0) return noEndpoints(cluster, service);
  const nodes = [...new Set(backends.flatMap((pod) => pod.spec.nodeName ?? []))];
  if (service.spec.externalTrafficPolicy === 'Local' && !nodes.includes(node))
    return `externalTrafficPolicy of Service ${nameOf(service)} is Local and ${node} has no ready pod of it: ask ${listed(nodes)}, or set it to Cluster`;
  return `Service ${nameOf(service)} sends nodePort ${target.port} to targetPort ${port.targetPort ?? port.port}, ${listening(question, backends)}`;
}

function onPod(question: Question): string | undefined {
  const { cluster, fromOutside, journey, protocol, target } = question;
  const pod = podByIp(cluster.store, formatIp(target.address));
  if (pod === undefined) return undefined;
  if (fromOutside)
    return 'pod addresses are routed among the nodes alone: from outside use a Service of type NodePort, or a hostPort';
  if (protocol === 'icmp' || journey.disposition !== 'refused') return undefined;
  return `port ${target.port} was asked for, ${listening(question, [pod])}`;
}

function onUnusedAddress({ cluster, codes, target }: Question): string | undefined {
  if (typeof target.address !== 'number') return undefined;
  const text = formatIp(target.address);
  const { clusterCidr, serviceCidr } = cluster.fabric.spec.network;
  const isService = cluster.store.byIndex('services', 'clusterIP', text).length > 0;
  if (contains(serviceCidr, target.address))
    return isService ? undefined : `no Service has the ClusterIP ${text}`;
  if (contains(clusterCidr, target.address) && podByIp(cluster.store, text) === undefined)
    return `no pod has the address ${text}: pods get a new one whenever they are made anew, so use a Service or its name`;
  return codes.has('forwarding-disabled')
    ? 'the world outside of podnet has one address, that of the machine "outside", and a few names such as example.com'
    : undefined;
}

/** Ready pods behind a Service. */
function podsOf(cluster: Cluster, service: Service): Pod[] {
  const { name, namespace = '' } = service.metadata;
  return slicesOf(cluster.store, namespace, name)
    .flatMap((slice) => slice.endpoints)
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ targetRef }) =>
      targetRef?.name === undefined
        ? []
        : (cluster.store.get('pods', namespace, targetRef.name) ?? []),
    );
}

function nameOf({ metadata }: Service): string {
  return `${metadata.namespace}/${metadata.name}`;
}
