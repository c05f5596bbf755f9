import { Rng, SimClock } from '../../topology/base/index.js';
import { Host, type KernelOp, Softirq } from '../../topology/kernel/index.js';
import { restoreRules, runCommand } from './commands.js';
import type {
  RecordedDevice,
  RecordedIptables,
  RecordedMacvlan,
  RecordedRoute,
  RecordedTopology,
  RecordedVxlan,
  SysctlValues,
} from './recorded.js';

/** Time until link-local addresses have passed duplicate address detection: up to a second of delay and a second of waiting. */
const LINK_LOCAL_NS = 3_000_000_000;

/** A sysctl of one device: `net.ipv4.conf.eth0.rp_filter`. */
const DEVICE_SYSCTL = /^net\.ipv[46]\.(conf|neigh)\.(?!all\.|default\.|lo\.)/;

/** Builds a lab in one emulated host, and tells each op; throws a `LabError` when a command is refused. */
export function buildLab(topology: RecordedTopology, onOp?: (op: KernelOp) => void): Host {
  const clock = new SimClock();
  const host = new Host({ name: 'lab', clock, rng: new Rng(1), softirq: new Softirq(clock) });
  if (onOp !== undefined) host.onOp((ops) => ops.forEach(onOp));
  for (const [index, { name }] of topology.netns.entries()) {
    runCommand(host, { path: `topology.netns[${index}].name` }, `ip netns add ${name}`);
  }
  buildNamespaces(host, topology);
  buildDevices(host, topology);
  for (const [index, { name, sysctl = {} }] of topology.netns.entries()) {
    const late = Object.entries(sysctl).filter(([key]) => DEVICE_SYSCTL.test(key));
    setSysctls(host, name, `topology.netns[${index}].sysctl`, Object.fromEntries(late));
  }
  for (const [index, route] of topology.routes.entries()) {
    const place = { netns: route.ns, path: `topology.routes[${index}]` };
    runCommand(host, place, routeCommand(route));
  }
  for (const [index, { ns, family, args }] of (topology.rules ?? []).entries()) {
    const place = { netns: ns, path: `topology.rules[${index}]` };
    runCommand(host, place, `ip ${family === 6 ? '-6 ' : ''}rule add ${args}`);
  }
  for (const [index, { ns, dst, dev, lladdr, nud }] of topology.neigh.entries()) {
    const place = { netns: ns, path: `topology.neigh[${index}]` };
    const mac = lladdr === undefined ? '' : ` lladdr ${lladdr}`;
    runCommand(host, place, `ip neigh replace ${dst}${mac} dev ${dev} nud ${nud ?? 'permanent'}`);
  }
  for (const [index, { ns, dev, lladdr, dst }] of topology.fdb.entries()) {
    const place = { netns: ns, path: `topology.fdb[${index}]` };
    const tunnel = dst === undefined ? ' master' : ` dst ${dst}`;
    runCommand(host, place, `bridge fdb append ${lladdr} dev ${dev}${tunnel}`);
  }
  for (const [index, entry] of topology.iptables.entries()) {
    loadRules(host, entry, `topology.iptables[${index}]`);
  }
  for (const [index, { ns, ruleset }] of (topology.nft ?? []).entries()) {
    runCommand(host, { netns: ns, path: `topology.nft[${index}]` }, 'nft -f -', ruleset);
  }
  if (topology.ipv6 === true) clock.advance(LINK_LOCAL_NS);
  return host;
}

/** Sets sysctls one by one; throws a `LabError` that names the one that was refused. */
export function setSysctls(host: Host, netns: string, path: string, values: SysctlValues): void {
  for (const [key, value] of Object.entries(values)) {
    runCommand(host, { netns, path: `${path}["${key}"]` }, `sysctl -w '${key}=${value}'`);
  }
}

function buildNamespaces(host: Host, topology: RecordedTopology): void {
  for (const [index, { name, lo, sysctl = {} }] of topology.netns.entries()) {
    const path = `topology.netns[${index}]`;
    if (topology.ipv6 !== true) {
      setSysctls(host, name, path, {
        'net.ipv6.conf.all.disable_ipv6': 1,
        'net.ipv6.conf.default.disable_ipv6': 1,
      });
    }
    if (lo !== false && lo !== 'down') {
      runCommand(host, { netns: name, path: `${path}.lo` }, 'ip link set lo up');
    }
    const early = Object.entries(sysctl).filter(([key]) => !DEVICE_SYSCTL.test(key));
    setSysctls(host, name, `${path}.sysctl`, Object.fromEntries(early));
  }
}

function buildDevices(host: Host, topology: RecordedTopology): void {
  for (const [index, bridge] of topology.bridges.entries()) {
    const path = `topology.bridges[${index}]`;
    runCommand(host, { netns: bridge.ns, path }, `ip link add ${bridge.if} type bridge`);
    configure(host, bridge, path);
  }
  for (const [index, { a, b }] of topology.veths.entries()) {
    const path = `topology.veths[${index}]`;
    const peer = `peer name ${b.if} netns ${b.ns}`;
    runCommand(host, { netns: a.ns, path }, `ip link add ${a.if} type veth ${peer}`);
    configure(host, a, `${path}.a`);
    configure(host, b, `${path}.b`);
  }
  for (const [index, vxlan] of topology.vxlans.entries()) {
    const path = `topology.vxlans[${index}]`;
    runCommand(host, { netns: vxlan.ns, path }, vxlanCommand(vxlan));
    configure(host, vxlan, path);
  }
  for (const [index, macvlan] of (topology.macvlans ?? []).entries()) {
    const path = `topology.macvlans[${index}]`;
    addMacvlan(host, macvlan, { path, made: `mv${index}` });
    configure(host, macvlan, path);
  }
}

function vxlanCommand({ if: name, vni, local, dev, port, learning }: RecordedVxlan): string {
  return [
    `ip link add ${name} type vxlan id ${vni}`,
    ...(local === undefined ? [] : [`local ${local}`]),
    ...(dev === undefined ? [] : [`dev ${dev}`]),
    `dstport ${port ?? 8472}`,
    learning === true ? 'learning' : 'nolearning',
  ].join(' ');
}

/** A macvlan is made beside the device it stands on, and moves. */
function addMacvlan(
  host: Host,
  { ns, if: name, parent, parent_ns: netns, mode }: RecordedMacvlan,
  { path, made }: { readonly path: string; readonly made: string },
): void {
  const type = `type macvlan mode ${mode ?? 'bridge'}`;
  runCommand(host, { netns, path }, `ip link add ${made} link ${parent} ${type}`);
  if (ns !== netns) runCommand(host, { netns, path }, `ip link set ${made} netns ${ns}`);
  if (name !== made) {
    runCommand(host, { netns: ns, path }, `ip link set ${made} name ${name}`);
  }
}

/** What every device may have: addresses come once it is up, as the recording did it. */
function configure(host: Host, device: RecordedDevice, path: string): void {
  const { if: name, mac, mtu, master, up, ns: netns } = device;
  const run = (key: string, command: string) => {
    runCommand(host, { netns, path: `${path}.${key}` }, command);
  };
  if (mac !== undefined) run('mac', `ip link set ${name} address ${mac}`);
  if (mtu !== undefined) run('mtu', `ip link set ${name} mtu ${mtu}`);
  if (master !== undefined) run('master', `ip link set ${name} master ${master}`);
  if (device.hairpin === true) run('hairpin', `bridge link set dev ${name} hairpin on`);
  if (device.isolated === true) run('isolated', `bridge link set dev ${name} isolated on`);
  if (device.learning === false && master !== undefined) {
    run('learning', `bridge link set dev ${name} learning off`);
  }
  if (device.promisc === true) run('promisc', `ip link set ${name} promisc on`);
  for (const [key, value] of Object.entries(device.sysctl ?? {})) {
    run(`sysctl["${key}"]`, `sysctl -w '${deviceKey(name, key)}=${value}'`);
  }
  if (up !== false) run('up', `ip link set ${name} up`);
  if (device.bridge_port_state !== undefined) {
    run('bridge_port_state', `bridge link set dev ${name} state ${device.bridge_port_state}`);
  }
  for (const [index, address] of (device.addrs ?? []).entries()) {
    const nodad = address.includes(':') ? ' nodad' : '';
    run(`addrs[${index}]`, `ip addr add ${address} dev ${name}${nodad}`);
  }
}

/** `ipv4.rp_filter` of eth0 → `net.ipv4.conf.eth0.rp_filter`; whole names stay. */
function deviceKey(device: string, key: string): string {
  if (key.startsWith('net.')) return key;
  const [family, ...setting] = key.split('.');
  return `net.${family}.conf.${device}.${setting.join('.')}`;
}

function routeCommand(route: RecordedRoute): string {
  const { type, dst, via, dev, src, metric, mtu, scope, table, onlink } = route;
  const words = [route.family === 6 ? 'ip -6 route add' : 'ip route add', type ?? '', dst];
  if (via !== undefined) words.push(`via ${via}`);
  if (dev !== undefined) words.push(`dev ${dev}`);
  if (src !== undefined) words.push(`src ${src}`);
  if (metric !== undefined) words.push(`metric ${metric}`);
  if (mtu !== undefined) words.push(`mtu ${mtu}`);
  if (scope !== undefined) words.push(`scope ${scope}`);
  if (table !== undefined) words.push(`table ${table}`);
  if (onlink === true) words.push('onlink');
  return words.filter((word) => word !== '').join(' ');
}

/** Loads rules of one table; throws a `LabError` that names the rule that was refused. */
export function loadRules(host: Host, entry: RecordedIptables, path: string): void {
  const { ns, family, table, policy = {}, chains = [], rules } = entry;
  const head = [
    `*${table}`,
    ...Object.entries(policy).map(([chain, verdict]) => `:${chain} ${verdict} [0:0]`),
    ...chains.map((chain) => `:${chain} - [0:0]`),
  ];
  const place = { netns: ns, path };
  restoreRules(host, place, { family: family === 6 ? 'ipv6' : 'ipv4', head, lines: rules });
}
