/** What can be read about decisions that fall outside the node: admission, scheduling, endpoints, proxies. */
import { type NetNamespace, printIptablesSave } from '../../../topology/index.js';
import type { AdmissionChange } from '../../api/index.js';
import type { Pod } from '../../contract/kube.js';
import type { DetailSection } from '../../contract/live.js';
import { FILTER_PLUGINS, SCORE_PLUGINS, type SchedulingReport } from '../../control/index.js';
import type { Cluster } from '../cluster.js';
import { addedBy } from './admission-steps.js';
import { json } from './sandbox-artefacts.js';

const APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** Nodes whose rules are counted at most. */
const COUNTED_NODES = 50;

/** The manifest as it was sent, where that is known, and what each plugin added to it. */
export function admissionArtefacts(
  cluster: Cluster,
  pod: Pod,
  changes: readonly AdmissionChange[],
): DetailSection[] {
  return [
    ...manifestOf(cluster, pod),
    {
      kind: 'table',
      title: 'What admission plugins added',
      columns: ['plugin', 'field', 'value'],
      rows: changes.map((change) => [
        change.plugin,
        change.field,
        JSON.stringify(addedBy(pod, change)) ?? 'gone since',
      ]),
      ...(changes.length === 0 ? { note: 'They let it pass as it was.' } : {}),
    },
  ];
}

function manifestOf({ store }: Cluster, pod: Pod): DetailSection[] {
  const applied = pod.metadata.annotations?.[APPLIED];
  if (applied !== undefined) {
    return [{ kind: 'text', title: 'Manifest as it was applied (JSON)', text: applied }];
  }
  const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller === true);
  if (owner === undefined) return [];
  const resource = `${owner.apiVersion.split('/')[0]}/${owner.kind.toLowerCase()}s`;
  const object = store.get(resource, pod.metadata.namespace, owner.name);
  const template = (object?.spec as { readonly template?: unknown } | undefined)?.template;
  return template === undefined || object?.metadata.uid !== owner.uid
    ? []
    : [
        {
          kind: 'text',
          title: `Template of ${owner.kind} ${owner.name} (JSON)`,
          text: JSON.stringify(template),
        },
      ];
}

/** Every node that was looked at: its filters, its scores, the one that was chosen. */
export function schedulingArtefacts({
  message,
  node: chosen,
  rows,
}: SchedulingReport): DetailSection[] {
  const scored = rows.filter(({ scores }) => scores !== undefined);
  const filters: DetailSection = {
    kind: 'table',
    title: 'Filters, node by node',
    columns: ['node', 'outcome', ...FILTER_PLUGINS],
    rows: rows.map(({ node, rejected }) => {
      const at = rejected === undefined ? -1 : FILTER_PLUGINS.indexOf(rejected.plugin);
      return [
        node === chosen ? `★ ${node}` : node,
        rejected === undefined
          ? node === chosen
            ? '✔ chosen'
            : '✔ fits'
          : `✘ ${rejected.reasons.join(', ')}`,
        ...FILTER_PLUGINS.map((_, index) =>
          rejected === undefined || index < at ? '✔' : index === at ? '✘' : '·',
        ),
      ];
    }),
    note: `✔ lets it pass, ✘ refuses, · is not asked any more${message === undefined ? '' : `. ${message}`}`,
  };
  if (scored.length === 0) {
    const only = chosen !== undefined;
    return [
      only ? { ...filters, note: `${filters.note}. One node is left, so none is scored` } : filters,
    ];
  }
  const highest = Math.max(...scored.map(({ total = 0 }) => total));
  const best = scored.filter(({ total }) => total === highest).length;
  return [
    filters,
    {
      kind: 'table',
      title: 'Scores, weighed',
      columns: [
        'node',
        ...SCORE_PLUGINS.map(({ plugin, weight }) => `${plugin} ×${weight}`),
        'total',
      ],
      rows: scored.map(({ node, scores = {}, total }) => [
        node === chosen ? `★ ${node}` : node,
        ...SCORE_PLUGINS.map(({ plugin }) => String(scores[plugin] ?? 0)),
        String(total),
      ]),
      note:
        best > 1
          ? `${best} nodes share the highest total; one of them is drawn`
          : 'the highest total wins',
    },
  ];
}

/** The EndpointSlice that names the pod, as it is now. */
export function endpointArtefacts(
  { store }: Cluster,
  { namespace, slice }: { readonly namespace: string; readonly slice: string },
): DetailSection[] {
  const found = store.get('discovery.k8s.io/endpointslices', namespace, slice);
  if (found === undefined) {
    return [{ kind: 'facts', title: 'EndpointSlice', rows: [[slice, 'is gone']] }];
  }
  return [json('EndpointSlice as it is now (JSON)', found)];
}

/** Rules that name the pod's address, node by node, and those of its own node in full. */
export function proxyArtefacts(cluster: Cluster, pod: Pod, node: string): DetailSection[] {
  const ip = pod.status?.podIP ?? '';
  const nodes = [...cluster.fabric.nodes.values()];
  const own = nodes.find(({ name }) => name === node);
  const shown = nodes.slice(0, COUNTED_NODES);
  const rules = new Map(shown.map((one) => [one.name, rulesNaming(ip, one.host.root)]));
  const left = nodes.length - shown.length;
  return [
    {
      kind: 'table',
      title: `Rules that name ${ip}, now`,
      columns: ['node', 'rules', 'in all'],
      rows: shown.map(({ host, name }) => [
        name === node ? `${name} (its own)` : name,
        String(rules.get(name)?.length ?? 0),
        String(linesOf(host.root).length),
      ]),
      ...(left > 0 ? { note: `and ${left} nodes more` } : {}),
    },
    {
      kind: 'text',
      title: `Those of ${node} (iptables-save)`,
      text: (own === undefined ? [] : rulesNaming(ip, own.host.root)).join('\n') || '(none)',
    },
  ];
}

function linesOf(root: NetNamespace): readonly string[] {
  return printIptablesSave(root.netfilter.tables('ipv4'))
    .split('\n')
    .filter((line) => line.startsWith('-A'));
}

function rulesNaming(ip: string, root: NetNamespace): readonly string[] {
  if (ip === '') return [];
  return linesOf(root).filter((line) => line.includes(`${ip}/32`) || line.includes(`${ip}:`));
}
