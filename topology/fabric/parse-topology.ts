import {
  type Cidr4,
  cidr4,
  contains,
  formatCidr,
  formatIp,
  type Ip,
  ipv4,
  isIpv4,
  overlaps,
  parseCidr4,
} from '../addr/index.js';
import { fail, ok, type Result } from '../base/index.js';
import { Reader, type SpecProblem } from './reader.js';
import type {
  LinkEnd,
  LinkSpecification,
  NetworkSpec,
  NodeSpec,
  OutsideSpec,
  RouterSpec,
  TopologySpec,
} from './spec.js';

const DEFAULT_DELAY_NS = 50_000;
const MAX_NODES = 5_000;

/**
 * Reads a `Topology` document (apiVersion podnet.dev/v1) given as plain data.
 *
 * Failures: every mistake with its path; ranges that overlap, names used twice, cables to nowhere.
 */
export function parseTopology(document: unknown): Result<TopologySpec, readonly SpecProblem[]> {
  const problems: SpecProblem[] = [];
  const root = new Reader(document, '', problems);
  root.oneOf('apiVersion', ['podnet.dev/v1'], 'podnet.dev/v1');
  root.oneOf('kind', ['Topology'], 'Topology');
  const name = root.object('metadata').text('name', 'cluster');
  const spec = root.object('spec');
  root.finish();
  const network = readNetwork(spec.object('network'));
  const nodes = spec.objects('nodes').flatMap(readNodes);
  const switches = spec.objects('switches').map((entry) => finished(entry, entry.text('name')));
  const routers = spec.objects('routers').map(readRouter);
  const outside = spec.objects('outside').map(readOutside);
  const links = spec.objects('links').flatMap(readLink);
  spec.finish();
  if (nodes.length === 0) spec.problem('nodes', 'must name at least one node');
  if (nodes.length > MAX_NODES) spec.problem('nodes', `must be at most ${MAX_NODES} nodes`);
  const shape = { name, network, nodes, switches, routers, outside };
  const completed = { ...shape, links: links.length > 0 ? links : starLinks(shape) };
  checkNames(completed, spec);
  checkRanges(completed, spec);
  return problems.length > 0 ? fail(problems) : ok(completed);
}

function finished<T>(reader: Reader, value: T): T {
  reader.finish();
  return value;
}

function block(text: string): Cidr4 {
  const parsed = parseCidr4(text);
  return parsed.ok ? parsed.value : cidr4(ipv4(0), 32);
}

function readNetwork(reader: Reader): NetworkSpec {
  const serviceCidr = reader.cidr('serviceCIDR', block('10.96.0.0/12'));
  const clusterCidr = reader.cidr('clusterCIDR', block('10.244.0.0/16'));
  const ports = reader.text('nodePortRange', '30000-32767').split('-').map(Number);
  const [from = 0, to = 0] = ports;
  const network: NetworkSpec = {
    mode: reader.oneOf('mode', ['host-gw', 'vxlan'], 'host-gw'),
    mtuBytes: reader.whole('mtu', { from: 576, to: 65535, fallback: 1500 }),
    clusterCidr,
    nodePrefixLength: reader.whole('nodeCIDRMaskSize', {
      from: clusterCidr.prefixLength,
      to: 30,
      fallback: 24,
    }),
    serviceCidr,
    nodePorts: { from, to },
    dnsIp: reader.address('dnsIP', ipv4(serviceCidr.network + 10)),
  };
  if (ports.length !== 2 || !(from >= 1 && from <= to && to <= 65535)) {
    reader.problem('nodePortRange', 'must be two ports such as 30000-32767');
  }
  if (!contains(serviceCidr, network.dnsIp)) {
    reader.problem('dnsIP', `must lie in serviceCIDR ${formatCidr(serviceCidr)}`);
  }
  return finished(reader, network);
}

/** One entry may stand for several nodes: `count: 50` makes name-1 … name-50 on consecutive addresses. */
function readNodes(reader: Reader): NodeSpec[] {
  const name = reader.text('name');
  const count = reader.whole('count', { from: 1, to: MAX_NODES, fallback: 1 });
  const { address, prefixLength } = reader.addressWithPrefix('address');
  const gateway = reader.address('gateway', undefined);
  const capacity = reader.object('capacity');
  const common = {
    role: reader.oneOf('role', ['control-plane', 'worker'], 'worker'),
    gateway,
    cpu: capacity.quantity('cpu', '4'),
    memory: capacity.quantity('memory', '8Gi'),
    pods: capacity.whole('pods', { from: 1, to: 10_000, fallback: 110 }),
    labels: reader.labels('labels'),
  };
  capacity.finish();
  reader.finish();
  return Array.from({ length: count }, (_, index) => ({
    ...common,
    name: count === 1 ? name : `${name}-${index + 1}`,
    address: { address: ipv4(Number(address) + index), prefixLength },
  }));
}

function readRouter(reader: Reader): RouterSpec {
  const router = {
    name: reader.text('name'),
    interfaces: reader
      .objects('interfaces')
      .map((entry) =>
        finished(entry, { name: entry.text('name'), address: entry.addressWithPrefix('address') }),
      ),
    routes: reader.objects('routes').map((entry) => {
      const route = {
        dst: entry.cidr('dst', block('0.0.0.0/0')),
        via: entry.address('via', ipv4(0)),
      };
      return finished(entry, route);
    }),
  };
  return finished(reader, router);
}

function readOutside(reader: Reader): OutsideSpec {
  const also = reader.items('also').flatMap((value) => {
    const parsed = parseCidr4(`${value}/32`);
    if (parsed.ok) return [parsed.value.network];
    reader.problem('also', `must be IPv4 addresses, not '${value}'`);
    return [];
  });
  return finished(reader, {
    name: reader.text('name'),
    address: reader.addressWithPrefix('address'),
    gateway: reader.address('gateway', ipv4(0)),
    also,
  });
}

function readLink(reader: Reader): LinkSpecification[] {
  const ends = reader.items('endpoints').map(String);
  const [a, b] = ends.map(readEnd);
  const link = {
    delayNs: reader.duration('delay', DEFAULT_DELAY_NS),
    rateBitsPerSecond: reader.rate('rate'),
    loss: reader.share('loss'),
  };
  reader.finish();
  if (a !== undefined && b !== undefined && ends.length === 2) return [{ ...link, ends: [a, b] }];
  reader.problem('endpoints', 'must be two ends such as ["node1:eth0", "lan"]');
  return [];
}

function readEnd(text: string): LinkEnd {
  const [machine = '', device = ''] = text.split(':');
  return { machine, device };
}

/** Without `links`, every machine hangs on the first switch, as on a desk. */
function starLinks(shape: Omit<TopologySpec, 'links'>): LinkSpecification[] {
  const [hub] = shape.switches;
  if (hub === undefined) return [];
  const cable = (machine: string, device: string): LinkSpecification => ({
    ends: [
      { machine, device },
      { machine: hub, device: '' },
    ],
    delayNs: DEFAULT_DELAY_NS,
    rateBitsPerSecond: undefined,
    loss: 0,
  });
  const nodes = shape.nodes.map((node) => cable(node.name, 'eth0'));
  const routers = shape.routers.flatMap((router) => {
    const [first] = router.interfaces;
    return first === undefined ? [] : [cable(router.name, first.name)];
  });
  const behind = shape.outside.flatMap((machine): LinkSpecification[] => {
    const router = shape.routers.find((r) =>
      r.interfaces.some((i) => i.address.address === machine.gateway),
    );
    const side = router?.interfaces.find((i) => i.address.address === machine.gateway);
    if (router === undefined || side === undefined) return [cable(machine.name, 'eth0')];
    return [
      {
        ...cable(machine.name, 'eth0'),
        ends: [
          { machine: machine.name, device: 'eth0' },
          { machine: router.name, device: side.name },
        ],
      },
    ];
  });
  return [...nodes, ...routers, ...behind];
}

function checkNames(spec: TopologySpec, reader: Reader): void {
  const names = new Set<string>();
  const machines = [
    ...spec.nodes.map((n) => n.name),
    ...spec.switches,
    ...spec.routers.map((r) => r.name),
    ...spec.outside.map((o) => o.name),
  ];
  for (const name of machines) {
    if (names.has(name)) reader.problem('nodes', `the name '${name}' is used twice`);
    if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name)) {
      reader.problem('nodes', `'${name}' must consist of lower case letters, digits and '-'`);
    }
    names.add(name);
  }
  const used = new Set<string>();
  for (const [index, link] of spec.links.entries()) {
    for (const end of link.ends) {
      const where = `links[${index}].endpoints`;
      if (!names.has(end.machine)) reader.problem(where, `no machine is named '${end.machine}'`);
      if (spec.switches.includes(end.machine)) continue;
      if (end.device === '') reader.problem(where, `must name a device: '${end.machine}:eth0'`);
      const key = `${end.machine}:${end.device}`;
      if (used.has(key)) reader.problem(where, `'${key}' has a cable already`);
      used.add(key);
    }
  }
}

function checkRanges(spec: TopologySpec, reader: Reader): void {
  const { clusterCidr, serviceCidr, nodePrefixLength } = spec.network;
  const blocks = 2 ** (nodePrefixLength - clusterCidr.prefixLength);
  if (overlaps(clusterCidr, serviceCidr)) {
    reader.problem(
      'network.serviceCIDR',
      `${formatCidr(serviceCidr)} overlaps clusterCIDR ${formatCidr(clusterCidr)}: pods and Services need ranges of their own`,
    );
  }
  if (spec.nodes.length > blocks) {
    reader.problem(
      'network.clusterCIDR',
      `${formatCidr(clusterCidr)} holds ${blocks} blocks of /${nodePrefixLength}, too few for ${spec.nodes.length} nodes`,
    );
  }
  const taken = new Map<Ip, string>();
  for (const machine of [...spec.nodes, ...spec.outside]) {
    const { address } = machine.address;
    const other = taken.get(address);
    if (other !== undefined) {
      reader.problem(
        'nodes',
        `${machine.name} and ${other} have the same address ${formatIp(address)}`,
      );
    }
    taken.set(address, machine.name);
    for (const [name, range] of [
      ['clusterCIDR', clusterCidr],
      ['serviceCIDR', serviceCidr],
    ] as const) {
      if (isIpv4(address) && overlaps(range, cidr4(address, machine.address.prefixLength))) {
        reader.problem(
          `network.${name}`,
          `${formatCidr(range)} overlaps the network of ${machine.name}, ${formatIp(address)}/${machine.address.prefixLength}`,
        );
      }
    }
  }
}
