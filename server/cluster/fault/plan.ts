/** What a Fault comes to: which knob is turned how far, or what is done once. */

import type { FabricLink } from '../../../topology/index.js';
import type { Fault, FaultSpec } from '../../contract/kube.js';
import type { Cluster } from '../cluster.js';
import { type Reply, refuse, reply } from '../reply.js';
import {
  addressesOf,
  type Impairment,
  impairmentKnob,
  mtuKnob,
  neighborKnob,
  plain,
  plugKnob,
  powerKnob,
  prefixKnob,
  routeKnob,
  ruleKnob,
  sysctlKnob,
  upKnob,
} from './knobs.js';
import type { Applied, Knob, Layers } from './layers.js';
import { endName, findCable, findPlace, type Place, podKey } from './place.js';

/** A Fault whose target is there. */
export interface Plan {
  /** Tells the target from a later one of the same name. */
  readonly target: string;
  /** For people. */
  readonly label: string;
  /** The namespace whose routes the fault may take along. */
  readonly place: Place | undefined;
  readonly act: FaultAct;
}

/** How a Fault acts. */
export type FaultAct =
  | {
      readonly kind: 'layer';
      readonly knobId: string;
      apply(layers: Layers, owner: string): Reply<Applied>;
    }
  | { readonly kind: 'once'; run(): Reply<readonly string[]> };

/** Why a Fault has no plan: its target may come yet, or never. */
export type NoPlan = { readonly ok: false; readonly error: string; readonly mayCome: boolean };

/** What a Fault is about. */
export type Located =
  | { readonly kind: 'cable'; readonly target: string; readonly link: FabricLink }
  | { readonly kind: 'place'; readonly target: string; readonly place: Place };

/** Finds the target of a Fault. */
export function locate(
  cluster: Cluster,
  spec: FaultSpec,
): { readonly ok: true; readonly value: Located } | NoPlan {
  if (needsCable(spec)) {
    const found = findCable(cluster, spec);
    if (!found.ok) return { ...found, mayCome: false };
    return { ok: true, value: { kind: 'cable', target: found.value.id, link: found.value } };
  }
  const found = findPlace(cluster, spec);
  if (!found.ok) return found;
  return { ok: true, value: { kind: 'place', target: found.value.id, place: found.value } };
}

/** Works out what a Fault does to its target, as it is now. */
export function planFault(cluster: Cluster, fault: Fault, located: Located): Reply<Plan> {
  return located.kind === 'cable'
    ? cablePlan(cluster, fault.spec, located.link)
    : placePlan(cluster, fault, located.place);
}

function needsCable({ type, cable }: FaultSpec): boolean {
  return cable !== undefined || type === 'Delay' || type === 'Loss';
}

function layer<V>(knob: Knob<V>, over: (value: V) => V): FaultAct {
  return {
    kind: 'layer',
    knobId: knob.id,
    apply: (layers, owner) => layers.add(owner, knob, over),
  };
}

function cablePlan(cluster: Cluster, spec: FaultSpec, link: FabricLink): Reply<Plan> {
  const label = `cable ${link.ends.map(endName).join(' -- ')}`;
  const act =
    spec.type === 'LinkDown'
      ? layer(plugKnob(cluster, link), () => false)
      : layer(impairmentKnob(cluster, link), impairmentOf(spec));
  return reply({ target: link.id, label, place: undefined, act });
}

/** Delays add up; of what one loss lets through another takes its share. */
function impairmentOf({ delay, jitter, lossPercent = 0 }: FaultSpec) {
  return (before: Impairment): Impairment => ({
    delayNs: before.delayNs + nanoseconds(delay),
    jitterNs: before.jitterNs + nanoseconds(jitter),
    loss: 1 - (1 - before.loss) * (1 - lossPercent / 100),
  });
}

const UNITS: Readonly<Record<string, number>> = { us: 1e3, ms: 1e6, s: 1e9 };

/** Nanoseconds of `100ms`; 0 when absent. */
export function nanoseconds(text: string | undefined): number {
  const match = /^([\d.]+)(us|ms|s)$/.exec(text ?? '');
  return match === null ? 0 : Math.round(Number(match[1]) * (UNITS[match[2] ?? ''] ?? 0));
}

function placePlan(cluster: Cluster, fault: Fault, place: Place): Reply<Plan> {
  const { spec } = fault;
  const act = actOn(cluster, fault, place);
  if (!act.ok) return act;
  const label = DEVICE_TYPES.includes(spec.type) ? `${place.label} ${place.device}` : place.label;
  return reply({ target: place.id, label, place, act: act.value });
}

const DEVICE_TYPES = ['LinkDown', 'WrongMTU', 'WrongMask'];

function actOn(cluster: Cluster, { spec, metadata }: Fault, place: Place): Reply<FaultAct> {
  switch (spec.type) {
    case 'LinkDown':
      return linkAct(cluster, spec, place);
    case 'WrongMTU':
      return reply(layer(mtuKnob(place), () => spec.mtu ?? 0));
    case 'WrongMask':
      return maskAct(spec, place);
    case 'CorruptRoute':
    case 'DeletedRoute':
      return routeAct(spec, place);
    case 'WrongNeighbor': {
      const { address = '', mac = '' } = spec.neighbor ?? {};
      return reply(layer(neighborKnob(place, address), () => mac.toLowerCase()));
    }
    case 'IPForwardOff':
      return reply(layer(sysctlKnob(place, 'net.ipv4.ip_forward'), () => '0'));
    case 'Sysctl': {
      const { name = '', value = '' } = spec.sysctl ?? {};
      return reply(layer(sysctlKnob(place, name), () => value));
    }
    case 'DropRule': {
      const { table = 'filter', chain = '', match = '', target = 'DROP' } = spec.rule ?? {};
      const comment = `-m comment --comment "fault ${metadata.name}"`;
      const words = `${match} ${comment} -j ${target}`.trim();
      const id = metadata.uid ?? metadata.name;
      return reply(layer(ruleKnob(place, { id, table, chain, words }), () => true));
    }
    case 'KillProcess':
      return killAct(cluster, spec);
    case 'NodeDown':
      return reply(layer(powerKnob(cluster, spec.node ?? ''), () => false));
    case 'Delay':
    case 'Loss':
      return refuse('acts on cables');
  }
}

/** A pod's link is cut at the node's end of its veth, as by somebody who works on the node. */
function linkAct(cluster: Cluster, spec: FaultSpec, place: Place): Reply<FaultAct> {
  const { pod } = place;
  if (pod === undefined || spec.device !== undefined) {
    const changed = () => markEdges(cluster, spec.node ?? '', place.device);
    return reply(layer(upKnob(place, place.device, changed), () => false));
  }
  if (pod.hostDevice === undefined) return refuse(`${place.label} has no veth`);
  const onNode = { ...place, netns: undefined };
  const edge = `veth:${podKey(spec.pod ?? '')}`;
  return reply(
    layer(
      upKnob(onNode, pod.hostDevice, () => cluster.linkChanged(edge)),
      () => false,
    ),
  );
}

function markEdges(cluster: Cluster, machine: string, device: string): void {
  for (const { id, ends } of cluster.fabric.links.values())
    if (ends.some((end) => end.machine === machine && end.device === device))
      cluster.linkChanged(id);
}

function maskAct(spec: FaultSpec, place: Place): Reply<FaultAct> {
  const addresses = addressesOf(place, place.device);
  const wanted = spec.address ?? addresses[0]?.address;
  if (wanted === undefined || !addresses.some(({ address }) => address === wanted)) {
    const there = addresses.map(({ address }) => address).join(', ') || 'none';
    return refuse(
      `${place.device} of ${place.label} has no address ${wanted ?? ''}; it has ${there}`,
    );
  }
  return reply(layer(prefixKnob(place, wanted), () => spec.prefixLength ?? 0));
}

function routeAct(spec: FaultSpec, place: Place): Reply<FaultAct> {
  const { dst = '', via, dev } = spec.route ?? {};
  const knob = routeKnob(place, dst);
  const lines = knob.read() ?? [];
  if (spec.type === 'DeletedRoute') {
    if (lines.length === 0) return refuse(`${place.label} has no route to ${dst}`);
    return reply(layer(knob, () => []));
  }
  return reply(
    layer(knob, (before) => {
      const [first = dst] = before;
      const words = plain(first).split(' ');
      const at = (word: string) => {
        const index = words.indexOf(word);
        return index < 0 ? undefined : words[index + 1];
      };
      const device = dev ?? at('dev');
      const nextHop = via ?? (dev === undefined ? at('via') : undefined);
      return [
        [
          words[0] ?? dst,
          nextHop === undefined ? '' : `via ${nextHop}`,
          device === undefined ? '' : `dev ${device}`,
          nextHop === undefined ? '' : 'onlink',
        ]
          .filter((part) => part !== '')
          .join(' '),
      ];
    }),
  );
}

function killAct(cluster: Cluster, spec: FaultSpec): Reply<FaultAct> {
  const key = podKey(spec.pod ?? '');
  const [namespace = '', name = ''] = key.split('/');
  const pod = cluster.store.get('pods', namespace, name);
  if (pod === undefined) return refuse(`pod ${key} is not there`);
  const names = pod.spec.containers.map((container) => container.name);
  const container = spec.container ?? (names.length === 1 ? names[0] : undefined);
  if (container === undefined)
    return refuse(
      `pod ${key} has several containers: name one in spec.container (${names.join(', ')}, pause)`,
    );
  return reply({
    kind: 'once',
    run: () => {
      const view = cluster.kubeletOf(pod)?.podRuntimeView(pod.metadata.uid ?? '');
      const pid =
        container === 'pause'
          ? view?.sandbox?.pausePid
          : view?.containers.find((one) => one.name === container)?.pid;
      const killed = killIn(cluster, key, container);
      return killed.ok ? reply([`${pod.spec.nodeName}# kill -KILL ${pid}`]) : killed;
    },
  });
}

/** SIGKILL to a container of a pod, or to `pause`. Failures: a sentence that says what is not there. */
export function killIn(cluster: Cluster, key: string, container: string): Reply<undefined> {
  const [namespace = '', name = ''] = key.split('/');
  const pod = cluster.store.get('pods', namespace, name);
  if (pod === undefined) return refuse(`pod ${key} is gone`);
  const kubelet = cluster.kubeletOf(pod);
  const uid = pod.metadata.uid ?? '';
  if (container === 'pause')
    return kubelet?.killPause(uid) === true
      ? reply(undefined)
      : refuse(`pod ${key} has no sandbox`);
  return kubelet?.killContainer(uid, container) === true
    ? reply(undefined)
    : refuse(`container ${container} of ${key} does not run`);
}
