/** The Topology object of a cluster: its spec in the form of the document, and its status. */

import { type Fabric, formatCidr, formatIp, type TopologySpec } from '../../topology/index.js';
import type { TopologyLink, TopologyStatus } from '../contract/kube.js';
import { endName } from './fault/place.js';

/** How many machines and cables a status lists. */
const MAX_LISTED = 1000;

/** The spec of a Topology, with every name and address written out. */
export function topologySpec(
  spec: TopologySpec,
  fabric: Fabric,
): Readonly<Record<string, unknown>> {
  const { network } = spec;
  return {
    network: {
      mode: network.mode,
      mtu: network.mtuBytes,
      clusterCIDR: formatCidr(network.clusterCidr),
      nodeCIDRMaskSize: network.nodePrefixLength,
      serviceCIDR: formatCidr(network.serviceCidr),
      nodePortRange: `${network.nodePorts.from}-${network.nodePorts.to}`,
      dnsIP: formatIp(network.dnsIp),
    },
    nodes: spec.nodes.map(({ name, role, address, gateway, labels, cpu, memory, pods }) => ({
      name,
      role,
      address: withPrefix(address),
      ...(gateway === undefined ? {} : { gateway: formatIp(gateway) }),
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
      capacity: { cpu, memory, pods },
    })),
    switches: spec.switches.map((name) => ({ name })),
    routers: spec.routers.map(({ name, interfaces, routes }) => ({
      name,
      interfaces: interfaces.map((one) => ({ name: one.name, address: withPrefix(one.address) })),
      routes: routes.map(({ dst, via }) => ({ dst: formatCidr(dst), via: formatIp(via) })),
    })),
    outside: spec.outside.map(({ name, address, gateway, also }) => ({
      name,
      address: withPrefix(address),
      gateway: formatIp(gateway),
      ...(also.length === 0 ? {} : { also: also.map(formatIp) }),
    })),
    links: [...fabric.links.values()].map(({ ends }, index): TopologyLink => {
      const { delayNs = 0, rateBitsPerSecond, loss = 0 } = spec.links[index] ?? {};
      return {
        endpoints: ends.map(endName),
        delay: durationText(delayNs),
        ...(rateBitsPerSecond === undefined ? {} : { rate: rateText(rateBitsPerSecond) }),
        ...(loss === 0 ? {} : { loss }),
      };
    }),
  };
}

/** The status of a Topology as its machines and cables are now. */
export function topologyStatus(fabric: Fabric): TopologyStatus {
  const machines = [...fabric.machines.values()];
  const links = [...fabric.links.values()];
  const count = (kind: string) => machines.filter((machine) => machine.kind === kind).length;
  const up = links.filter(({ cable }) => cable.up).length;
  return {
    nodes: count('node'),
    switches: count('switch'),
    routers: count('router'),
    outside: count('outside'),
    links: `${up}/${links.length}`,
    machines: machines.slice(0, MAX_LISTED).map(({ name, kind, address }) => {
      const node = fabric.nodes.get(name);
      return {
        name,
        kind,
        ...(address === undefined ? {} : { address: formatIp(address) }),
        ...(node === undefined ? {} : { podCIDR: formatCidr(node.network.podCidr) }),
      };
    }),
    linkStates: links.slice(0, MAX_LISTED).map(({ ends, cable }) => ({
      endpoints: ends.map(endName),
      state: cable.up ? 'Up' : 'Down',
      delay: durationText(cable.properties.delayNs),
      loss: Number(cable.properties.loss.toFixed(9)),
    })),
  };
}

function withPrefix({ address, prefixLength }: TopologySpec['nodes'][number]['address']): string {
  return `${formatIp(address)}/${prefixLength}`;
}

const DURATIONS = [
  ['s', 1e9],
  ['ms', 1e6],
  ['us', 1e3],
] as const;

/** `20us`, `1.5ms`, `2s`. */
function durationText(ns: number): string {
  const [unit, size] = DURATIONS.find(([, least]) => ns >= least) ?? ['us', 1e3];
  return `${Number((ns / size).toFixed(6))}${unit}`;
}

const RATES: readonly (readonly [unit: string, bits: number])[] = [
  ['Gbit', 1e9],
  ['Mbit', 1e6],
  ['Kbit', 1e3],
  ['bit', 1],
];

/** `1Gbit`, `100Mbit`; decimal units as in tc(8). */
function rateText(bitsPerSecond: number): string {
  const [unit, size] = RATES.find(([, least]) => bitsPerSecond >= least) ?? ['bit', 1];
  return `${Number((bitsPerSecond / size).toFixed(6))}${unit}`;
}

/** Bits per second of `100Mbit`; undefined when absent. */
export function bitsPerSecond(text: string | undefined): number | undefined {
  const match = /^([\d.]+)(\w*)$/.exec(text ?? '');
  const unit = RATES.find(([name]) => name.toLowerCase() === match?.[2]?.toLowerCase());
  return match === null || unit === undefined ? undefined : Math.round(Number(match[1]) * unit[1]);
}
