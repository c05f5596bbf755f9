/** A Service that leads nowhere: no pods behind it, none that is Ready, or a port where nobody listens. */

import { editDistance } from '../../../api/schema/near-miss.js';
import type { Labels, Pod, Service, ServicePort } from '../../../contract/kube.js';
import { asObject, type JsonObject, objectsOf } from '../../../kube/json.js';
import { selectorText } from '../../../kube/label-selector.js';
import { askInstead, type Candidate } from '../candidate.js';
import { type AskedService, type Case, isReadyPod, keyOf, openPorts } from '../case.js';
import { containerOf, editObject, editPods } from '../edit.js';

const MOST = 3;
const FIRST_NODE_PORT = 30080;
const TCP_AND_UDP = ['tcp', 'udp'] as const;

/** The selector matches no pod: the labels that pods there have. */
export function selectors(failed: Case): readonly Candidate[] {
  const { service: asked } = failed;
  if (asked === undefined || asked.selected.some(isReadyPod)) return [];
  const { service } = asked;
  const selector = service.spec.selector ?? {};
  if (asked.selected.length > 0) return [];
  const title = `${service.metadata.namespace}/${service.metadata.name}`;
  return nearSelectors(failed, asked, selector).flatMap((near): Candidate[] => {
    const edit = editObject(failed.cluster, service, (body) => {
      const spec = asObject(body.spec);
      if (spec !== undefined) spec.selector = { ...near };
    });
    if (edit === undefined) return [];
    const now = selectorText(selector) === '' ? 'no selector' : selectorText(selector);
    return [
      {
        ...edit,
        text: `Let Service ${title} select ${selectorText(near)}`,
        because: `its selector (${now}) matches no pod of namespace ${service.metadata.namespace}, and pods there have ${selectorText(near)}`,
        size: 'field',
      },
    ];
  });
}

/** Selectors that match running pods, the most alike first. */
function nearSelectors(
  { cluster, request }: Case,
  { service, port }: AskedService,
  selector: Labels,
): readonly Labels[] {
  const found = new Map<string, { readonly labels: Labels; readonly score: number }>();
  for (const pod of cluster.store.list('pods', service.metadata.namespace)) {
    if (pod.status?.phase !== 'Running' || pod.metadata.deletionTimestamp !== undefined) continue;
    const open = openPorts(cluster, pod).filter((one) => one.proto === request.protocol);
    if (open.length === 0) continue;
    const target = port?.targetPort ?? port?.port;
    const listens = open.some((one) => one.port === target);
    const near = alike(selector, pod.metadata.labels ?? {});
    if (near === undefined) continue;
    const key = selectorText(near.labels);
    const score = near.score + (listens ? 0 : 5);
    if (score < (found.get(key)?.score ?? Number.POSITIVE_INFINITY))
      found.set(key, { labels: near.labels, score });
  }
  return [...found.values()]
    .sort((a, b) => a.score - b.score)
    .slice(0, MOST)
    .map(({ labels }) => labels);
}

/** The selector with as little changed as makes it match; keys that pods lack are written as they have them, or left out. */
function alike(
  selector: Labels,
  labels: Labels,
): { readonly labels: Labels; readonly score: number } | undefined {
  const next: Record<string, string> = {};
  let score = 0;
  for (const [key, value] of Object.entries(selector)) {
    const own = labels[key];
    if (own !== undefined) {
      next[key] = own;
      score += own === value ? 0 : 2 + editDistance(own, value);
      continue;
    }
    const other = Object.keys(labels).find(
      (one) => editDistance(one, key) <= 2 || labels[one] === value,
    );
    if (other !== undefined) next[other] = labels[other] ?? '';
    score += other === undefined ? 12 : 6;
  }
  if (Object.keys(next).length > 0) return { labels: next, score };
  const app = ['app', 'app.kubernetes.io/name', 'run', 'name', 'k8s-app'].find(
    (key) => labels[key] !== undefined,
  );
  return app === undefined
    ? undefined
    : { labels: { [app]: labels[app] ?? '' }, score: score + 20 };
}

/** Pods are selected and none is Ready: a readiness probe that asks in the wrong place, or no replicas at all. */
export function readiness(failed: Case): readonly Candidate[] {
  const { cluster, service: asked } = failed;
  if (asked === undefined || asked.selected.some(isReadyPod)) return scaledToNothing(failed);
  const [pod] = asked.selected;
  if (pod === undefined) return scaledToNothing(failed);
  const open = openPorts(cluster, pod);
  return (pod.spec.containers ?? []).flatMap((container): readonly Candidate[] => {
    const probe = container.readinessProbe;
    const status = pod.status?.containerStatuses?.find(({ name }) => name === container.name);
    if (probe === undefined || status?.ready === true || status?.state?.running === undefined)
      return [];
    const because = `container ${container.name} runs and its readiness probe fails, so the Service leaves the pod out`;
    const change = (text: string, edit: (probe: JsonObject, owner: JsonObject) => void) => {
      const made = editPods(cluster, pod, (spec) => {
        const own = containerOf(spec, container.name);
        const found = asObject(own?.readinessProbe);
        if (own !== undefined && found !== undefined) edit(found, own);
      });
      return made === undefined
        ? []
        : [{ ...made.edit, text: `${text} (${made.owner})`, because, size: 'restart' as const }];
    };
    const hasPath = probe.httpGet !== undefined && probe.httpGet.path !== '/';
    const kind = probe.httpGet === undefined ? 'tcpSocket' : 'httpGet';
    const ports = open
      .filter(({ proto, loopback }) => proto === 'tcp' && !loopback)
      .map(({ port }) => port);
    return [
      ...ports.flatMap((port) =>
        change(`Let the readiness probe of ${container.name} ask port ${port}`, (found) => {
          const handler = asObject(found[kind]);
          if (handler !== undefined) handler.port = port;
        }),
      ),
      ...(hasPath ? ['', ...ports] : []).flatMap((port) =>
        change(
          `Let the readiness probe of ${container.name} ask for /${port === '' ? '' : ` on port ${port}`}`,
          (found) => {
            const handler = asObject(found.httpGet);
            if (handler === undefined) return;
            handler.path = '/';
            if (port !== '') handler.port = port;
          },
        ),
      ),
      ...change(`Take the readiness probe of ${container.name} away`, (_found, own) => {
        delete own.readinessProbe;
      }),
    ];
  });
}

function scaledToNothing({ cluster, service: asked }: Case): readonly Candidate[] {
  const selector = asked?.service.spec.selector;
  if (asked === undefined || selector === undefined || asked.selected.length > 0) return [];
  const { namespace } = asked.service.metadata;
  return (['apps/deployments', 'apps/statefulsets'] as const).flatMap((resource) =>
    cluster.store
      .list(resource, namespace)
      .flatMap(({ apiVersion, kind, metadata, spec }): Candidate[] => {
        const labels = spec.template.metadata?.labels ?? {};
        const selects = Object.entries(selector).every(([key, value]) => labels[key] === value);
        if (!selects || spec.replicas !== 0) return [];
        const title = `${kind} ${namespace}/${metadata.name}`;
        return [
          {
            text: `Scale ${title} to 1`,
            because: `Service ${asked.service.metadata.name} selects its pods, and it has been scaled to 0`,
            size: 'object',
            deeds: [
              {
                command: 'act',
                request: {
                  act: 'scale',
                  apiVersion,
                  kind,
                  name: metadata.name,
                  ...(namespace === undefined ? {} : { namespace }),
                  replicas: 1,
                },
              },
            ],
            changes: [
              {
                kind: 'commands',
                title,
                lines: [`kubectl scale ${kind.toLowerCase()}/${metadata.name} --replicas=1`],
              },
            ],
          },
        ];
      }),
  );
}

/** The Service hands packets to a port where nobody listens: the ports where somebody does. */
export function targetPorts(failed: Case): readonly Candidate[] {
  const { cluster, request, service: asked } = failed;
  if (asked?.port === undefined || asked.selected.length === 0) return [];
  const { port, selected, service } = asked;
  const target = port.targetPort ?? port.port;
  const open = new Set(
    selected.flatMap((pod) =>
      openPorts(cluster, pod).flatMap((one) =>
        one.proto === request.protocol && !one.loopback ? [one.port] : [],
      ),
    ),
  );
  if (open.has(Number(target))) return [];
  return [...open].slice(0, MOST).flatMap((number): Candidate[] => {
    const edit = editPort(failed, service, port, (one) => {
      one.targetPort = number;
    });
    if (edit === undefined) return [];
    return [
      {
        ...edit,
        text: `Let Service ${service.metadata.name} send port ${port.port} to targetPort ${number}`,
        because: `its pods listen on ${number}, and nobody listens on ${target}`,
        size: 'field',
      },
    ];
  });
}

function editPort(
  { cluster }: Case,
  service: Service,
  port: ServicePort,
  change: (port: JsonObject) => void,
) {
  return editObject(cluster, service, (body) => {
    const found = objectsOf(asObject(body.spec)?.ports).find(
      (one) => one.port === port.port && (one.protocol ?? 'TCP') === (port.protocol ?? 'TCP'),
    );
    if (found !== undefined) change(found);
  });
}

/** A port or protocol that the Service does not offer: those that it does, or one more. */
export function servicePorts(failed: Case): readonly Candidate[] {
  const { cluster, request, service: asked, target } = failed;
  if (asked === undefined || asked.port !== undefined) return [];
  const { service, selected } = asked;
  const title = `${service.metadata.namespace}/${service.metadata.name}`;
  const offered = (service.spec.ports ?? []).flatMap((port) => {
    const protocol = (port.protocol ?? 'TCP').toLowerCase();
    const known = TCP_AND_UDP.find((one) => one === protocol);
    return known === undefined ? [] : [{ port: port.port, protocol: known }];
  });
  const wanted = target?.port;
  const listens = selected.some((pod) =>
    openPorts(cluster, pod).some(
      (one) => one.port === wanted && one.proto === request.protocol && !one.loopback,
    ),
  );
  const [first] = service.spec.ports ?? [];
  const add =
    wanted === undefined || request.protocol === 'icmp' || first === undefined
      ? undefined
      : editObject(cluster, service, (body) => {
          const spec = asObject(body.spec);
          const ports = objectsOf(spec?.ports);
          for (const [index, one] of ports.entries()) one.name ??= `port-${index + 1}`;
          if (spec === undefined) return;
          const targetPort = listens ? wanted : (first.targetPort ?? first.port);
          const protocol = request.protocol.toUpperCase();
          spec.ports = [...ports, { name: `port-${wanted}`, port: wanted, protocol, targetPort }];
        });
  return [
    ...(add === undefined || failed.fromOutside
      ? []
      : [
          {
            ...add,
            text: `Let Service ${title} offer port ${wanted}/${request.protocol} as well`,
            because: 'packets to a port that a Service does not offer are translated to no pod',
            size: 'object' as const,
          },
        ]),
    ...offered
      .slice(0, MOST)
      .map(({ port, protocol }) =>
        askInstead(
          { port, protocol, to: withoutPort(request.to) },
          `Ask Service ${title} on ${protocol.toUpperCase()} port ${port}`,
          request.protocol === 'icmp'
            ? 'only the ports of a Service are translated to pods: a ping of its ClusterIP is lost'
            : `it offers ${offered.map((one) => `${one.port}/${one.protocol}`).join(', ')}`,
        ),
      ),
  ];
}

/** NodePorts: the ones that there are, and nodes without a pod of the Service. */
export function nodePorts(failed: Case): readonly Candidate[] {
  const { cluster, fromOutside, request, service: asked, target } = failed;
  if (asked === undefined || target?.port === undefined) return onWrongNodePort(failed);
  const { service } = asked;
  const title = `${service.metadata.namespace}/${service.metadata.name}`;
  const nodes = [
    ...new Set(asked.selected.filter(isReadyPod).flatMap((pod) => pod.spec.nodeName ?? [])),
  ];
  const byNodePort = service.spec.ports?.find(({ nodePort }) => nodePort === target.port);
  if (byNodePort !== undefined && service.spec.externalTrafficPolicy === 'Local') {
    const edit = editObject(cluster, service, (body) => {
      const spec = asObject(body.spec);
      if (spec !== undefined) spec.externalTrafficPolicy = 'Cluster';
    });
    const because = `externalTrafficPolicy Local keeps packets on the node that they came to, and pods of the Service are on ${nodes.join(', ')} alone`;
    return [
      ...(edit === undefined
        ? []
        : [
            {
              ...edit,
              text: `Set externalTrafficPolicy of Service ${title} to Cluster`,
              because,
              size: 'field' as const,
            },
          ]),
      ...nodes
        .slice(0, 2)
        .map((node) =>
          askInstead({ to: `node/${node}`, port: target.port ?? 0 }, `Ask node ${node}`, because),
        ),
    ];
  }
  if (!fromOutside || asked.port === undefined) return [];
  const published = asked.port.nodePort;
  const [node] = cluster.fabric.nodes.keys();
  const because =
    'a ClusterIP is known on the nodes alone; from outside a Service is reached by a port of the nodes';
  if (published !== undefined)
    return [
      askInstead(
        { to: `node/${node}`, port: published },
        `Ask port ${published} of a node`,
        because,
      ),
    ];
  const nodePort = freeNodePort(failed);
  const edit = editObject(cluster, service, (body) => {
    const spec = asObject(body.spec);
    const ports = objectsOf(spec?.ports);
    const port = ports.find((one) => one.port === asked.port?.port);
    if (spec !== undefined) spec.type = 'NodePort';
    if (port !== undefined) port.nodePort = nodePort;
  });
  if (edit === undefined) return [];
  return [
    {
      ...edit,
      text: `Make Service ${title} of type NodePort, and ask port ${nodePort} of a node`,
      because,
      size: 'field',
      ask: { to: `node/${node}`, port: nodePort, protocol: request.protocol },
    },
  ];
}

function freeNodePort({ cluster }: Case): number {
  const taken = new Set(
    cluster.store
      .list('services')
      .flatMap(({ spec }) => (spec.ports ?? []).map(({ nodePort }) => nodePort)),
  );
  let port = FIRST_NODE_PORT;
  while (taken.has(port)) port += 1;
  return port;
}

function onWrongNodePort({ cluster, request, target }: Case): readonly Candidate[] {
  const isNode = [...cluster.fabric.nodes.values()].some(
    ({ address }) => address === target?.address,
  );
  if (!isNode || request.protocol === 'icmp') return [];
  const wanted = target?.port ?? 0;
  return cluster.store
    .list('services')
    .flatMap(({ metadata, spec }) =>
      (spec.ports ?? []).flatMap((port) =>
        port.nodePort === undefined || (port.protocol ?? 'TCP').toLowerCase() !== request.protocol
          ? []
          : [{ port: port.nodePort, name: `${metadata.namespace}/${metadata.name}` }],
      ),
    )
    .sort((a, b) => Math.abs(a.port - wanted) - Math.abs(b.port - wanted))
    .slice(0, MOST)
    .map(({ port, name }) =>
      askInstead(
        { port, to: withoutPort(request.to) },
        `Ask node port ${port}, which is that of Service ${name}`,
        `nothing listens on port ${wanted} of the node, and no Service has it as nodePort`,
      ),
    );
}

/** The pod is asked on a port where nobody listens: where somebody does. */
export function listeningPorts(failed: Case): readonly Candidate[] {
  const { cluster, request, asked, service } = failed;
  if (service !== undefined || request.protocol === 'icmp') return [];
  return asked.flatMap((pod: Pod) =>
    openPorts(cluster, pod)
      .filter(
        ({ loopback, proto, port }) =>
          !loopback && !(proto === request.protocol && port === failed.target?.port),
      )
      .sort((a, b) => Number(b.proto === request.protocol) - Number(a.proto === request.protocol))
      .slice(0, MOST)
      .flatMap(({ container, port, proto }) => {
        const protocol = TCP_AND_UDP.find((one) => one === proto);
        return protocol === undefined
          ? []
          : [
              askInstead(
                { port, protocol, to: withoutPort(request.to) },
                `Ask ${protocol.toUpperCase()} port ${port} of pod ${keyOf(pod)}`,
                `container ${container} listens there`,
              ),
            ];
      }),
  );
}

/** The end of a trace without its port. */
export function withoutPort(to: string): string {
  return to.split(':').length === 2 ? to.replace(/:\d*$/, '') : to;
}
