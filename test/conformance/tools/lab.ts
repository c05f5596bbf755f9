/** The lab in which the output of tools was recorded, built from the commands that made it. */
import {
  Host,
  parseCommand,
  parseIptablesRestore,
  Rng,
  SimClock,
  Softirq,
} from '../../../topology/index.js';

/** Pods in the order in which their veth pairs were made; p2 alone is on the second node. */
const PODS = ['p1', 'p3', 'p4', 'p5', 'p6', 'p7', 'p8', 'p9', 'p2'] as const;

/** Pods without a default route. */
const ROUTELESS = new Set(['p4']);

const NODES = [
  { name: 'n1', cidr: '10.244.1', address: '192.168.50.1' },
  { name: 'n2', cidr: '10.244.2', address: '192.168.50.2' },
] as const;

/** What n1 refuses and translates. */
const RULES = `*filter
-A FORWARD -p tcp --dport 81 -j DROP
-A FORWARD -p tcp --dport 82 -j REJECT
-A FORWARD -p tcp --dport 83 -j REJECT --reject-with tcp-reset
COMMIT
*nat
-A PREROUTING -d 10.96.0.10/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.244.2.2:8000
-A OUTPUT -d 10.96.0.10/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.244.2.2:8000
COMMIT
`;

/** Builds the two nodes, their switch and the nine pods as namespaces of one emulated machine. */
export function buildToolsLab(): Host {
  const clock = new SimClock();
  const host = new Host({
    name: 'lab',
    clock,
    rng: new Rng(1),
    softirq: new Softirq(clock),
    ipv6Disabled: true,
  });
  const run = (netns: string | undefined, command: string) => {
    const ops = parseCommand(command, netns);
    if (!ops.ok) throw new Error(`${command}: ${ops.error.message}`);
    const applied = host.apply(ops.value);
    if (!applied.ok) throw new Error(`${command}: ${applied.error.message}`);
  };
  let macs = 0;
  const nextMac = () => `02:00:00:00:00:${(++macs).toString(16).padStart(2, '0')}`;
  // Names that `ip netns` shows are those of the newest first; ids of namespaces follow the veth pairs.
  for (const name of ['n1', 'n2', 'sw', ...PODS]) {
    run(undefined, `ip netns add ${name}`);
    run(name, 'ip link set lo up');
    run(name, 'sysctl -w net.ipv6.conf.all.disable_ipv6=1');
    run(name, 'sysctl -w net.ipv6.conf.default.disable_ipv6=1');
    run(name, 'sysctl -w net.ipv4.icmp_ratelimit=0');
  }
  for (const netns of ['n1', 'n2', 'sw']) {
    const bridge = netns === 'sw' ? 'br0' : 'cni0';
    run(netns, `ip link add ${bridge} type bridge`);
    run(netns, `ip link set ${bridge} address ${nextMac()} up`);
  }
  const veth = (
    a: { readonly ns: string; readonly dev: string },
    b: { readonly ns: string; readonly dev: string; readonly master: string },
  ) => {
    run(a.ns, `ip link add ${a.dev} type veth peer name ${b.dev} netns ${b.ns}`);
    run(a.ns, `ip link set ${a.dev} address ${nextMac()} up`);
    run(b.ns, `ip link set ${b.dev} address ${nextMac()} master ${b.master} up`);
  };
  for (const pod of PODS) {
    const node = pod === 'p2' ? 'n2' : 'n1';
    veth({ ns: pod, dev: 'eth0' }, { ns: node, dev: `v${pod}`, master: 'cni0' });
  }
  for (const { name } of NODES) {
    veth({ ns: name, dev: 'eth0' }, { ns: 'sw', dev: `v${name}`, master: 'br0' });
  }
  for (const node of NODES) {
    run(node.name, `ip addr add ${node.cidr}.1/24 dev cni0`);
    run(node.name, `ip addr add ${node.address}/24 dev eth0`);
    run(node.name, 'sysctl -w net.ipv4.ip_forward=1');
    for (const other of NODES) {
      if (other !== node)
        run(node.name, `ip route add ${other.cidr}.0/24 via ${other.address} dev eth0`);
    }
  }
  run('n1', 'ip route add prohibit 10.66.0.0/16');
  run('n1', 'ip route add blackhole 10.67.0.0/16');
  for (const pod of PODS) {
    const node = pod === 'p2' ? '10.244.2' : '10.244.1';
    const last = pod === 'p1' ? 2 : Number(pod.slice(1));
    run(pod, `ip addr add ${node}.${last}/24 dev eth0`);
    if (!ROUTELESS.has(pod)) run(pod, `ip route add default via ${node}.1`);
  }
  const rules = parseIptablesRestore(RULES, { family: 'ipv4', netns: 'n1', noflush: true });
  if (!rules.ok) throw new Error(rules.error.message);
  const restored = host.apply(rules.value);
  if (!restored.ok) throw new Error(restored.error.message);
  return host;
}
