import { Rng, SimClock } from '../../topology/base/index.js';
import { parseCommand, parseIptablesRestore } from '../../topology/kernel/command/index.js';
import { Host, type KernelOp, Softirq } from '../../topology/kernel/index.js';
import type { RecordedChange, RecordedDevice, RecordedTopology } from './recorded.js';

/** Time until link-local addresses have passed duplicate address detection: up to a second of delay and a second of waiting. */
const LINK_LOCAL_NS = 3_000_000_000;

/** Builds a lab in one emulated host, and tells each op; throws when a command is refused. */
export function buildLab(topology: RecordedTopology, onOp?: (op: KernelOp) => void): Host {
  const clock = new SimClock();
  const host = new Host({ name: 'lab', clock, rng: new Rng(1), softirq: new Softirq(clock) });
  if (onOp !== undefined) host.onOp((ops) => ops.forEach(onOp));
  if (topology.nft !== undefined) throw new Error('nft rule sets are not modelled');
  const run = (netns: string | undefined, command: string) => runCommand(host, netns, command);
  for (const { name } of topology.netns) run(undefined, `ip netns add ${name}`);
  for (const { name, lo, sysctl } of topology.netns) {
    if (topology.ipv6 !== true) {
      run(name, "sysctl -w 'net.ipv6.conf.all.disable_ipv6=1'");
      run(name, "sysctl -w 'net.ipv6.conf.default.disable_ipv6=1'");
    }
    if (lo !== false && lo !== 'down') run(name, 'ip link set lo up');
    for (const [key, value] of Object.entries(sysctl ?? {})) {
      run(name, `sysctl -w '${key}=${value}'`);
    }
  }
  for (const bridge of topology.bridges) {
    run(bridge.ns, `ip link add ${bridge.if} type bridge`);
    configure(host, bridge);
  }
  for (const { a, b } of topology.veths) {
    run(a.ns, `ip link add ${a.if} type veth peer name ${b.if} netns ${b.ns}`);
    configure(host, a);
    configure(host, b);
  }
  for (const vxlan of topology.vxlans) {
    const { ns, vni, local, dev, port } = vxlan;
    run(
      ns,
      `ip link add ${vxlan.if} type vxlan id ${vni} local ${local} dev ${dev} dstport ${port} nolearning`,
    );
    configure(host, vxlan);
  }
  for (const [index, macvlan] of (topology.macvlans ?? []).entries()) {
    const made = `mv${index}`;
    const { parent, parent_ns: parentNs, mode } = macvlan;
    run(parentNs, `ip link add ${made} link ${parent} type macvlan mode ${mode}`);
    run(parentNs, `ip link set ${made} netns ${macvlan.ns}`);
    run(macvlan.ns, `ip link set ${made} name ${macvlan.if}`);
    configure(host, macvlan);
  }
  for (const route of topology.routes) run(route.ns, routeCommand(route));
  for (const { ns, dst, dev, lladdr, nud } of topology.neigh) {
    run(ns, `ip neigh replace ${dst} lladdr ${lladdr} dev ${dev} nud ${nud}`);
  }
  for (const { ns, dev, lladdr, dst } of topology.fdb) {
    run(ns, `bridge fdb append ${lladdr} dev ${dev} dst ${dst}`);
  }
  for (const rules of topology.iptables) restore(host, rules);
  if (topology.ipv6 === true) clock.advance(LINK_LOCAL_NS);
  return host;
}

/** Makes a change between two probes. */
export function applyChange(host: Host, change: RecordedChange): void {
  switch (change.op) {
    case 'sysctl':
      for (const [key, value] of Object.entries(change.set)) {
        runCommand(host, change.ns, `sysctl -w '${key}=${value}'`);
      }
      return;
    case 'ip':
      runCommand(host, change.ns, `ip ${change.args}`);
      return;
    case 'sleep':
      host.clock.advance(change.ms * 1_000_000);
  }
}

/** What every device may have: addresses come once it is up, as the recording did it. */
function configure(host: Host, device: RecordedDevice): void {
  const run = (command: string) => runCommand(host, device.ns, command);
  const { if: name, mac, mtu, master, up } = device;
  run(`ip link set ${name} address ${mac}`);
  if (mtu !== undefined) run(`ip link set ${name} mtu ${mtu}`);
  if (master !== undefined) run(`ip link set ${name} master ${master}`);
  if (device.hairpin === true) run(`bridge link set dev ${name} hairpin on`);
  if (device.isolated === true) run(`bridge link set dev ${name} isolated on`);
  for (const [key, value] of Object.entries(device.sysctl ?? {})) {
    run(`sysctl -w '${deviceKey(name, key)}=${value}'`);
  }
  if (up !== false) run(`ip link set ${name} up`);
  if (device.bridge_port_state !== undefined) {
    run(`bridge link set dev ${name} state ${device.bridge_port_state}`);
  }
  for (const address of device.addrs ?? []) {
    run(`ip addr add ${address} dev ${name}${address.includes(':') ? ' nodad' : ''}`);
  }
}

/** `ipv4.rp_filter` of eth0 → `net.ipv4.conf.eth0.rp_filter`. */
function deviceKey(device: string, key: string): string {
  const [family, ...setting] = key.split('.');
  return `net.${family}.conf.${device}.${setting.join('.')}`;
}

function routeCommand(route: RecordedTopology['routes'][number]): string {
  const words = [
    route.family === 6 ? 'ip -6 route add' : 'ip route add',
    route.type ?? '',
    route.dst,
  ];
  if (route.via !== undefined) words.push(`via ${route.via}`);
  if (route.dev !== undefined) words.push(`dev ${route.dev}`);
  if (route.src !== undefined) words.push(`src ${route.src}`);
  if (route.metric !== undefined) words.push(`metric ${route.metric}`);
  if (route.mtu !== undefined) words.push(`mtu ${route.mtu}`);
  if (route.scope !== undefined) words.push(`scope ${route.scope}`);
  if (route.onlink === true) words.push('onlink');
  return words.filter((word) => word !== '').join(' ');
}

function restore(host: Host, entry: RecordedTopology['iptables'][number]): void {
  const text = [
    `*${entry.table}`,
    ...Object.entries(entry.policy).map(([chain, policy]) => `:${chain} ${policy} [0:0]`),
    ...entry.chains.map((chain) => `:${chain} - [0:0]`),
    ...entry.rules,
    'COMMIT',
  ].join('\n');
  const ops = parseIptablesRestore(text, {
    family: entry.family === 6 ? 'ipv6' : 'ipv4',
    netns: entry.ns,
    noflush: true,
  });
  if (!ops.ok)
    throw new Error(
      `${entry.family === 6 ? 'ip6tables' : 'iptables'}-restore line ${ops.error.line}: ${ops.error.message}`,
    );
  apply(host, ops.value, 'iptables-restore');
}

function runCommand(host: Host, netns: string | undefined, command: string): void {
  const ops = parseCommand(command, netns);
  if (!ops.ok) throw new Error(`${netns ?? 'host'}: ${command}: ${ops.error.message}`);
  apply(host, ops.value, `${netns ?? 'host'}: ${command}`);
}

function apply(host: Host, ops: readonly KernelOp[], what: string): void {
  const applied = host.apply(ops);
  if (!applied.ok) throw new Error(`${what}: ${applied.error.message}`);
}
