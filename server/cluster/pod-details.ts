/** What the side panel says of a pod. */
import { formatIp, formatMac, type NetnsView, printOp, viewNetns } from '../../topology/index.js';
import { humanDuration } from '../api/table/duration.js';
import { podWords } from '../api/table/pod-status.js';
import type { Pod } from '../contract/kube.js';
import type { DetailSection, DetailTab, VertexDetails } from '../contract/live.js';
import type { PodRuntimeView } from '../kubelet/index.js';
import type { Cluster } from './cluster.js';
import { namespaceSections } from './pod-namespaces.js';
import { queueRows } from './pod-queues.js';
import { portsReport } from './port-report.js';
import { neighbourQueues, queueSections } from './queue-sections.js';
import { allRules, connections, rulesAbout } from './rule-sections.js';
import { socketTable } from './socket-sections.js';

/** The panel of a pod, with its journey. */
export function podDetails(cluster: Cluster, id: string, pod: Pod): VertexDetails {
  const uid = pod.metadata.uid ?? '';
  const view = cluster.kubeletOf(pod)?.podRuntimeView(uid);
  const host = cluster.fabric.nodes.get(pod.spec.nodeName ?? '')?.host;
  const pause = host?.processes.get(view?.sandbox?.pausePid ?? 0);
  const netns = pause === undefined ? undefined : host?.netnsByInode(pause.namespaces.net.inode);
  const ipc = pause === undefined ? undefined : host?.processes.ipcOf(pause.pid);
  const commands = view?.sandbox?.ops.flatMap((op) => printOp(op)) ?? [];
  return {
    id,
    title: pod.metadata.name,
    subtitle: `pod in ${pod.metadata.namespace}, on ${pod.spec.nodeName ?? 'no node yet'}`,
    journey: cluster.journeys.of(pod),
    queues: queueRows(ipc),
    ports: portsReport(cluster, pod),
    sections: [
      ...inTab('overview', [
        podFacts(cluster, pod, view),
        containerTable(view),
        conditionTable(pod),
        eventTable(cluster, uid),
      ]),
      ...inTab('namespaces', namespaceSections(view, host?.processes.get(1))),
      ...inTab(
        'queues',
        ipc === undefined
          ? []
          : [...queueSections(ipc), ...neighbourQueues(cluster, pod.spec.nodeName ?? '', ipc)],
      ),
      ...inTab('network', [
        ...(netns === undefined
          ? []
          : [
              ...kernelSections(viewNetns(netns)),
              socketTable(netns),
              ...rulesOfPod(cluster, pod, view),
              ...allRules(netns),
              ...connections(netns, ''),
            ]),
        ...(commands.length === 0
          ? []
          : [
              {
                kind: 'text',
                title: 'Commands that built it',
                text: commands.join('\n'),
              } as const,
            ]),
      ]),
      ...inTab('object', [
        { kind: 'text', title: 'Object (JSON)', text: JSON.stringify(pod, undefined, 2) },
      ]),
    ],
  };
}

function inTab(tab: DetailTab, sections: readonly DetailSection[]): DetailSection[] {
  return sections.map((section) => ({ ...section, tab }));
}

function podFacts(cluster: Cluster, pod: Pod, view: PodRuntimeView | undefined): DetailSection {
  const rows: [string, string][] = [
    ['status', podWords(pod, cluster.now()).status],
    ['phase', pod.status?.phase ?? 'Pending'],
    ['pod IP', pod.status?.podIP ?? 'none yet'],
  ];
  const sandbox = view?.sandbox;
  if (sandbox?.mac !== undefined) rows.push(['MAC of eth0', sandbox.mac]);
  if (sandbox?.gateway !== undefined) rows.push(['gateway', sandbox.gateway]);
  if (sandbox?.hostDevice !== undefined) rows.push(['veth on the node', sandbox.hostDevice]);
  return { kind: 'facts', title: 'Pod', rows };
}

function containerTable(view: PodRuntimeView | undefined): DetailSection {
  const pause =
    view?.sandbox === undefined
      ? []
      : [
          [
            'pause',
            'holds the namespaces',
            String(view.sandbox.pausePid),
            'running',
            '0',
            'registry.k8s.io/pause',
          ],
        ];
  const rows = (view?.containers ?? []).map((container) => [
    container.name,
    container.kind,
    container.pid === undefined ? '-' : String(container.pid),
    stateWord(container.state),
    String(container.restartCount),
    `${container.image.requested}${container.image.assumed ? ' (assumed)' : ''}`,
  ]);
  return {
    kind: 'table',
    title: 'Containers',
    columns: ['name', 'role', 'pid', 'state', 'restarts', 'image'],
    rows: [...pause, ...rows],
  };
}

function conditionTable(pod: Pod): DetailSection {
  return {
    kind: 'table',
    title: 'Conditions',
    columns: ['type', 'status', 'why'],
    rows: (pod.status?.conditions ?? []).map(({ type, status, reason, message }) => [
      type,
      status,
      [reason, message].filter(Boolean).join(': ') || '-',
    ]),
  };
}

function stateWord(state: PodRuntimeView['containers'][number]['state']): string {
  if (state.running !== undefined) return 'running';
  if (state.terminated !== undefined) {
    return `${state.terminated.reason ?? 'terminated'} (exit ${state.terminated.exitCode})`;
  }
  return state.waiting?.reason ?? 'waiting';
}

/** Devices, routes, neighbours and rules of a namespace. */
export function kernelSections(view: NetnsView): DetailSection[] {
  const main = view.routes.filter((route) => route.table === 254).map((route) => route.line);
  return [
    {
      kind: 'table',
      title: 'Devices',
      columns: ['name', 'kind', 'address', 'MAC', 'MTU', 'state', 'in', 'out'],
      rows: view.devices.map((device) => [
        `${device.name}${device.peer === undefined ? '' : `@if${device.peer.ifindex}`}`,
        device.master === undefined ? device.kind : `${device.kind} in ${device.master}`,
        device.addresses.map((a) => `${formatIp(a.address)}/${a.prefixLength}`).join(' ') || '-',
        formatMac(device.mac),
        String(device.mtuBytes),
        device.up ? (device.carrier ? 'up' : 'no carrier') : 'down',
        String(device.stats.rxPackets),
        String(device.stats.txPackets),
      ]),
    },
    { kind: 'text', title: 'Routes (ip route)', text: main.join('\n') || '(none)' },
    {
      kind: 'table',
      title: 'Neighbours (ip neigh)',
      columns: ['address', 'device', 'MAC', 'state'],
      rows: view.neighbors.map((n) => [
        formatIp(n.address),
        n.device,
        n.mac === undefined ? '-' : formatMac(n.mac),
        n.state.toUpperCase(),
      ]),
    },
    ...(view.fdb.length === 0
      ? []
      : [
          {
            kind: 'table',
            title: 'Forwarding database (bridge fdb)',
            columns: ['MAC', 'port', 'age'],
            rows: view.fdb.map((e) => [
              formatMac(e.mac),
              e.port,
              e.local ? 'own' : humanDuration(e.ageSeconds),
            ]),
          } as const,
        ]),
    ...(view.drops.length === 0
      ? []
      : [
          {
            kind: 'table',
            title: 'Drops so far',
            columns: ['reason', 'packets'],
            rows: view.drops.map(([reason, count]) => [reason, String(count)]),
          } as const,
        ]),
    {
      kind: 'table',
      title: 'Sysctls that differ from the default',
      columns: ['key', 'value'],
      rows: view.sysctls.map(([key, value]) => [key, value]),
    },
  ];
}

/** Rules and connections that concern a pod, in the kernel of its node. */
function rulesOfPod(
  { fabric }: Cluster,
  { status }: Pod,
  view: PodRuntimeView | undefined,
): DetailSection[] {
  const root = fabric.nodes.get(view?.node ?? '')?.host.root;
  const ip = view?.sandbox?.hostDevice === undefined ? undefined : status?.podIP;
  if (view === undefined || root === undefined || ip === undefined) return [];
  const words = [`${ip}/32`, `${ip}:`, ...(view.sandbox?.hostDevice ?? '').split(' ')];
  return [
    rulesAbout(root, words, view.node),
    ...connections(root, ` of ${ip} on ${view.node}`, ip),
  ];
}

function eventTable(cluster: Cluster, uid: string): DetailSection {
  const events = cluster.store.byIndex('events', 'involvedUid', uid);
  return {
    kind: 'table',
    title: 'Events',
    columns: ['type', 'reason', 'count', 'message'],
    rows: events.map((event) => [
      event.type ?? '',
      event.reason ?? '',
      String(event.count ?? 1),
      event.message ?? '',
    ]),
  };
}
