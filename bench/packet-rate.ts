import { formatMac, ipv4, type Mac, parseIpv4 } from '../topology/addr/index.js';
import { MICROSECOND, Rng, SimClock } from '../topology/base/index.js';
import { Host } from '../topology/kernel/host.js';
import type { CableEnd } from '../topology/kernel/link/cable.js';
import type { NetDevice } from '../topology/kernel/link/device.js';
import type { KernelOp } from '../topology/kernel/ops.js';
import type { Skb } from '../topology/kernel/skb.js';
import { Softirq } from '../topology/kernel/softirq.js';
import { IPPROTO } from '../topology/wire/index.js';
import { type Figure, median, report } from './helper/figure.js';

/** A cable without delay: what is sent arrives at the other end in this instant. */
class DirectCable implements CableEnd {
  readonly leadsTo = 'the other node';
  far: NetDevice | undefined = undefined;

  send(frame: Skb): void {
    this.far?.receiveFromCable(frame);
  }
}

const PACKETS = 300_000;
const BURST = 32;

/** UDP packets per second from a pod to a pod on another node: veth, bridge, forward, cable, forward, bridge, veth. */
function run(): Figure {
  const clock = new SimClock();
  const softirq = new Softirq(clock);
  const rng = new Rng(1);
  const nodes = [1, 2].map((number) => node(number, { clock, softirq, rng }));
  const [first, second] = nodes;
  if (first === undefined || second === undefined) throw new Error('two nodes were made');
  first.cable.far = second.card;
  second.cable.far = first.card;
  const pod = first.host.netns('pod');
  const target = second.host.netns('pod')?.device('eth0');
  if (pod === undefined || target === undefined) throw new Error('two pods were made');
  const body = { kind: 'udp', srcPort: 40000, dstPort: 9, payload: new Uint8Array(64) } as const;
  const request = { src: undefined, dst: address('10.244.2.2'), proto: IPPROTO.udp, body } as const;
  const send = (count: number): void => {
    for (let sent = 0; sent < count; sent += BURST) {
      for (let index = 0; index < BURST; index++) pod.ip.send(request);
      clock.advance(MICROSECOND);
    }
  };
  send(20_000);
  const before = target.stats.rxPackets;
  const startMs = performance.now();
  send(PACKETS);
  const seconds = (performance.now() - startMs) / 1000;
  const delivered = target.stats.rxPackets - before;
  if (delivered < PACKETS)
    throw new Error(`${delivered} of ${PACKETS} packets arrived at ${formatMac(target.mac)}`);
  return {
    name: 'UDP pod to pod over two nodes',
    value: Math.round(PACKETS / seconds),
    unit: 'packets/s',
    target: '150,000',
  };
}

function node(
  number: number,
  machine: { readonly clock: SimClock; readonly softirq: Softirq; readonly rng: Rng },
): { readonly host: Host; readonly cable: DirectCable; readonly card: NetDevice } {
  const host = new Host({ name: `node-${number}`, ...machine });
  const cable = new DirectCable();
  const mac = (0x020000000000 + number) as Mac;
  const card = host.addCable({ name: 'eth0', mac, mtuBytes: 1500, end: cable });
  card.setCarrier(true);
  const other = 3 - number;
  const applied = host.apply([
    { op: 'sysctl.set', key: 'net.ipv4.ip_forward', value: '1' },
    { op: 'link.set', name: 'eth0', up: true },
    {
      op: 'addr.add',
      dev: 'eth0',
      addr: { address: address(`192.168.50.${number}`), prefixLength: 24 },
    },
    { op: 'link.add', name: 'cni0', spec: { type: 'bridge' } },
    {
      op: 'addr.add',
      dev: 'cni0',
      addr: { address: address(`10.244.${number}.1`), prefixLength: 24 },
    },
    { op: 'link.set', name: 'cni0', up: true },
    { op: 'route.add', dst: block(`10.244.${other}.0`, 24), via: address(`192.168.50.${other}`) },
    ...podOps(number),
  ]);
  if (!applied.ok) throw new Error(applied.error.message);
  return { host, cable, card };
}

function podOps(number: number): readonly KernelOp[] {
  const netns = 'pod';
  return [
    { op: 'netns.add', name: netns },
    {
      op: 'link.add',
      netns,
      name: 'eth0',
      spec: { type: 'veth', peer: { name: 'veth0', netns: '' } },
    },
    { op: 'link.set', name: 'veth0', up: true },
    { op: 'link.set', name: 'veth0', master: 'cni0' },
    { op: 'link.set', netns, name: 'eth0', up: true },
    {
      op: 'addr.add',
      netns,
      dev: 'eth0',
      addr: { address: address(`10.244.${number}.2`), prefixLength: 24 },
    },
    { op: 'route.add', netns, dst: block('0.0.0.0', 0), via: address(`10.244.${number}.1`) },
  ];
}

function address(text: string) {
  const parsed = parseIpv4(text);
  return parsed.ok ? parsed.value : ipv4(0);
}

function block(network: string, prefixLength: number) {
  return { network: address(network), prefixLength };
}

const runs = [run(), run(), run()];
const [first] = runs;
if (first !== undefined) report({ ...first, value: median(runs.map((figure) => figure.value)) });
