/** What faults turn: cables, devices, addresses, routes, sysctls, rules, power. */

import { type FabricLink, formatIp, formatMac } from '../../../topology/index.js';
import type { Cluster } from '../cluster.js';
import { type Reply, refuse, reply } from '../reply.js';
import type { Change, Knob } from './layers.js';
import { endName, type Place, typed, viewPlace } from './place.js';

/** Delay and loss of a cable. */
export interface Impairment {
  readonly delayNs: number;
  readonly jitterNs: number;
  readonly loss: number;
}

/** Whether a cable is plugged. */
export function plugKnob(cluster: Cluster, { id, cable, ends }: FabricLink): Knob<boolean> {
  const [a, b] = ends.map(endName);
  return {
    id: `plug ${id}`,
    read: () => true,
    change: (from, to) =>
      reply({
        commands:
          from === to ? [] : [`# ${to ? 'plug in' : 'unplug'} the cable between ${a} and ${b}`],
        run: () => {
          cable.setUp(to);
          cluster.linkChanged(id);
          return reply(undefined);
        },
      }),
  };
}

/** The id of a cable's impairment knob. */
export function impairmentId(link: FabricLink): string {
  return `impairment ${link.id}`;
}

/** Delay and loss of a cable. */
export function impairmentKnob(cluster: Cluster, link: FabricLink): Knob<Impairment> {
  const { cable, ends } = link;
  return {
    id: impairmentId(link),
    read: () => {
      const { delayNs, jitterNs = 0, loss } = cable.properties;
      return { delayNs, jitterNs, loss };
    },
    change: (_from, to) =>
      reply({
        commands: [netem(ends[0], to)],
        run: () => {
          cable.properties = { ...cable.properties, ...to };
          cluster.linkChanged(link.id);
          return reply(undefined);
        },
      }),
  };
}

function netem({ machine, device }: FabricLink['ends'][number], to: Impairment): string {
  const jitter = to.jitterNs === 0 ? '' : ` ${milliseconds(to.jitterNs)}`;
  const loss = to.loss === 0 ? '' : ` loss ${Number((to.loss * 100).toFixed(4))}%`;
  return `${machine}# tc qdisc replace dev ${device} root netem delay ${milliseconds(to.delayNs)}${jitter}${loss}`;
}

function milliseconds(ns: number): string {
  return `${Number((ns / 1e6).toFixed(6))}ms`;
}

/** Whether a device is up. */
export function upKnob(place: Place, device: string, changed: () => void): Knob<boolean> {
  return {
    id: `up ${place.id} ${device}`,
    read: () => deviceOf(place, device)?.up,
    change: (from, to) =>
      withEffect(
        typed(place, from === to ? [] : [`ip link set dev ${device} ${to ? 'up' : 'down'}`]),
        changed,
      ),
  };
}

/** The MTU of a device. */
export function mtuKnob(place: Place): Knob<number> {
  const { device } = place;
  return {
    id: `mtu ${place.id} ${device}`,
    read: () => deviceOf(place, device)?.mtuBytes,
    change: (from, to) => typed(place, from === to ? [] : [`ip link set dev ${device} mtu ${to}`]),
  };
}

/** The prefix length of an address. */
export function prefixKnob(place: Place, address: string): Knob<number> {
  const { device } = place;
  return {
    id: `prefix ${place.id} ${device} ${address}`,
    read: () => addressesOf(place, device).find((one) => one.address === address)?.prefixLength,
    change: (from, to) =>
      typed(
        place,
        from === to
          ? []
          : [
              `ip addr del ${address}/${from} dev ${device}`,
              `ip addr add ${address}/${to} dev ${device}`,
            ],
      ),
  };
}

/** The IPv4 addresses of a device. */
export function addressesOf(
  place: Place,
  device: string,
): readonly { readonly address: string; readonly prefixLength: number }[] {
  return (deviceOf(place, device)?.addresses ?? [])
    .filter(({ address }) => typeof address === 'number')
    .map(({ address, prefixLength }) => ({ address: formatIp(address), prefixLength }));
}

/** The id of the knob of the routes to a destination. */
export function routeId(place: Place, dst: string): string {
  return `route ${place.id} ${dst === '0.0.0.0/0' ? 'default' : dst}`;
}

/** The lines of `ip route` that lead to one destination. */
export function routeKnob(place: Place, dst: string): Knob<readonly string[]> {
  return {
    id: routeId(place, dst),
    remembered: true,
    read: () => routesTo(place, dst),
    change: (from, to) => {
      // Another fault may have taken routes along by now.
      const present = routesTo(place, dst) ?? from;
      const gone = from.filter((line) => !to.includes(line) && includesRoute(present, line));
      const fresh = to.filter((line) => !includesRoute(present, line) || gone.includes(line));
      return typed(place, [
        ...gone.map((line) => `ip route del ${plain(line)}`),
        ...fresh.map((line) => `ip route add ${plain(line)}`),
      ]);
    },
  };
}

function includesRoute(lines: readonly string[], line: string): boolean {
  return lines.some((one) => one === line || sameRoute(one, line));
}

/** Whether two lines mean one route, whatever order and flags they are printed with. */
function sameRoute(a: string, b: string): boolean {
  const words = (line: string) =>
    plain(line)
      .split(' ')
      .filter((word) => word !== 'onlink')
      .sort();
  return words(a).join(' ') === words(b).join(' ');
}

/** Routes of the main table to a destination, which may be `default`. */
function routesTo(place: Place, dst: string): readonly string[] | undefined {
  const wanted = dst === '0.0.0.0/0' ? 'default' : dst.replace(/\/32$/, '');
  return mainRoutes(place)?.filter((line) => line.split(' ')[0] === wanted);
}

/** The lines of the main table; undefined when the namespace is gone. */
export function mainRoutes(place: Place): readonly string[] | undefined {
  return viewPlace(place)
    ?.routes.filter(({ table }) => table === MAIN)
    .map(({ line }) => line);
}

const MAIN = 254;

/** A line of `ip route` as `ip route add` takes it. */
export function plain(line: string): string {
  return line.replace(/ (linkdown|dead|pervasive)\b/g, '').trim();
}

/** A sysctl. */
export function sysctlKnob(place: Place, name: string): Knob<string> {
  return {
    id: `sysctl ${place.id} ${name}`,
    read: () => {
      const { host, netns } = place;
      const found = netns === undefined ? host.root : host.netns(netns);
      return found?.sysctls.read(name);
    },
    change: (from, to) => typed(place, from === to ? [] : [`sysctl -w ${name}="${to}"`]),
  };
}

/** A permanent neighbour; empty when the address has none. */
export function neighborKnob(place: Place, address: string): Knob<string> {
  const { device } = place;
  const set = (mac: string) =>
    mac === ''
      ? `ip neigh del ${address} dev ${device}`
      : `ip neigh replace ${address} lladdr ${mac} dev ${device} nud permanent`;
  return {
    id: `neighbor ${place.id} ${device} ${address}`,
    read: () => (deviceOf(place, device) === undefined ? undefined : permanentOf(place, address)),
    change: (from, to) => typed(place, from === to ? [] : [set(to)]),
  };
}

function permanentOf(place: Place, address: string): string {
  const entry = viewPlace(place)?.neighbors.find(
    (one) =>
      one.device === place.device && formatIp(one.address) === address && one.state === 'permanent',
  );
  return entry?.mac === undefined ? '' : formatMac(entry.mac);
}

/** A rule at the head of a chain, present or not. */
export function ruleKnob(place: Place, { id, table, chain, words }: RuleText): Knob<boolean> {
  return {
    id: `rule ${place.id} ${id}`,
    read: () => (viewPlace(place) === undefined ? undefined : false),
    change: (from, to) =>
      typed(
        place,
        from === to
          ? []
          : [`iptables -t ${table} ${to ? `-I ${chain} 1` : `-D ${chain}`} ${words}`],
      ),
  };
}

/** A rule as `iptables` takes it. */
export interface RuleText {
  /** Two faults may insert the same rule: each has its own. */
  readonly id: string;
  readonly table: string;
  readonly chain: string;
  readonly words: string;
}

/** Whether a node has power. */
export function powerKnob(cluster: Cluster, node: string): Knob<boolean> {
  return {
    id: `power ${node}`,
    read: () => cluster.kubelets.get(node)?.running,
    change: (from, to) =>
      reply({
        commands: from === to ? [] : [`# switch ${node} ${to ? 'on' : 'off'}`],
        run: () => {
          if (from === to || cluster.setNodePower(node, to)) return reply(undefined);
          return refuse(`no node is named '${node}'`);
        },
      }),
  };
}

function deviceOf(place: Place, device: string) {
  return viewPlace(place)?.devices.find(({ name }) => name === device);
}

function withEffect(change: Reply<Change>, effect: () => void): Reply<Change> {
  if (!change.ok) return change;
  return reply({
    commands: change.value.commands,
    run: () => {
      const done = change.value.run();
      if (done.ok) effect();
      return done;
    },
  });
}
