import { blank, type Draft } from './draft.js';

/** Builds the sound part of a lab. */
export type Shape = (draft: Draft) => void;

/** Pods on a bridge of one node. */
export function oneNode(draft: Draft): void {
  node(draft, 1, 2 + draft.rng.below(2));
  if (draft.oneIn(2)) outside(draft);
  serve(draft);
}

/** Two nodes that route to each other's pods over a switch. */
export function twoNodes(draft: Draft): void {
  node(draft, 1, 1 + draft.rng.below(2));
  node(draft, 2, 1);
  switched(draft, [1, 2], draft.oneIn(2));
  for (const [here, there] of [
    [1, 2],
    [2, 1],
  ]) {
    draft.route(`n${here}`, `10.244.${there}.0/24`, { via: `192.168.50.${there}`, dev: 'eth0' });
    if (draft.six) {
      draft.route(`n${here}`, `fd00:10:244:${there}::/64`, {
        via: `fd00:50::${there}`,
        dev: 'eth0',
      });
    }
  }
  serve(draft);
}

/** Two nodes whose pods meet through VXLAN, as flannel wires it. */
export function overlay(draft: Draft): void {
  const mtu = draft.oneIn(5) ? 1500 : 1450;
  node(draft, 1, 1 + draft.rng.below(2), mtu);
  node(draft, 2, 1, mtu);
  switched(draft, [1, 2], draft.oneIn(3));
  for (const [here, there] of [
    [1, 2],
    [2, 1],
  ]) {
    draft.vxlans.push({
      ...blank(`n${here}`, 'flannel.1', [`10.244.${here}.0/32`]),
      vni: 1,
      local: `192.168.50.${here}`,
      dev: 'eth0',
      port: 8472,
      mtu: 1450,
    });
    const via = `10.244.${there}.0`;
    draft.route(`n${here}`, `10.244.${there}.0/24`, { via, dev: 'flannel.1', onlink: true });
    const lladdr = `n${there}/flannel.1`;
    draft.neigh.push({ ns: `n${here}`, dst: via, dev: 'flannel.1', lladdr, nud: 'permanent' });
    draft.fdb.push({ ns: `n${here}`, dev: 'flannel.1', lladdr, dst: `192.168.50.${there}` });
  }
  serve(draft);
}

/** Hosts in a row, with routers between. */
export function row(draft: Draft): void {
  const routers = 1 + draft.rng.below(3);
  const names = ['a', ...Array.from({ length: routers }, (_, i) => `r${i + 1}`), 'b'];
  for (const name of names) {
    const router = name.startsWith('r');
    draft.add(name, router ? 'router' : 'pod', router ? forwarding(draft) : {});
    draft.sources.push(name);
  }
  for (let link = 0; link + 1 < names.length; link++) {
    const [left = '', right = ''] = [names[link], names[link + 1]];
    const a = blank(left, link === 0 ? 'eth0' : 'right', [`10.${link + 1}.0.1/24`]);
    const b = blank(right, link + 2 === names.length ? 'eth0' : 'left', [`10.${link + 1}.0.2/24`]);
    if (draft.six) {
      a.addrs.push(`fd00:${link + 1}::1/64`);
      b.addrs.push(`fd00:${link + 1}::2/64`);
    }
    if (draft.oneIn(4)) a.mtu = b.mtu = draft.pick([1400, 1300, 1280]);
    draft.veth(a, b);
  }
  const last = names.length - 1;
  for (const [index, name] of names.entries()) {
    for (let net = 1; net <= last; net++) {
      if (net === index || net === index + 1) continue;
      const onward = net > index;
      const dev = index === 0 || index === last ? 'eth0' : onward ? 'right' : 'left';
      const link = onward ? index + 1 : index;
      const host = onward ? 2 : 1;
      draft.route(name, `10.${net}.0.0/24`, { via: `10.${link}.0.${host}`, dev });
      if (draft.six) draft.route(name, `fd00:${net}::/64`, { via: `fd00:${link}::${host}`, dev });
    }
  }
  target(draft, `10.${last}.0.2`, `fd00:${last}::2`);
  target(draft, '10.1.0.1', 'fd00:1::1');
  for (let net = 1; net <= last; net++) {
    if (draft.oneIn(2)) target(draft, `10.${net}.0.1`, `fd00:${net}::1`);
  }
  serve(draft);
}

/** Pods on a veth of their own, routed by /32, as ptp plugins wire them. */
export function pointToPoint(draft: Draft): void {
  draft.add('n1', 'node', forwarding(draft));
  const pods = 2 + draft.rng.below(2);
  for (let pod = 1; pod <= pods; pod++) {
    const name = `p${pod}`;
    draft.add(name, 'pod');
    const inside = blank(name, 'eth0', [`10.244.1.${pod + 1}/32`]);
    const host = blank('n1', `veth${pod}`, ['10.244.1.1/32']);
    draft.veth(inside, host);
    draft.route(name, '10.244.1.1/32', { dev: 'eth0', scope: 'link' });
    draft.route(name, 'default', { via: '10.244.1.1', dev: 'eth0' });
    draft.route('n1', `10.244.1.${pod + 1}/32`, { dev: `veth${pod}`, scope: 'link' });
    draft.sources.push(name);
    target(draft, `10.244.1.${pod + 1}`);
  }
  draft.sources.push('n1');
  target(draft, '10.244.1.1');
  serve(draft);
}

/** Pods that share the node's card through macvlan. */
export function sharedCard(draft: Draft): void {
  draft.add('n1', 'node', forwarding(draft));
  for (const pod of [1, 2]) draft.add(`p${pod}`, 'pod');
  switched(draft, [1], true);
  const mode = draft.pick(['bridge', 'bridge', 'private']);
  for (const pod of [1, 2]) {
    draft.macvlans.push({
      ...blank(`p${pod}`, 'eth0', [`192.168.50.1${pod}/24`]),
      parent_ns: 'n1',
      parent: 'eth0',
      mode,
    });
    draft.sources.push(`p${pod}`);
    target(draft, `192.168.50.1${pod}`);
  }
  draft.note(`macvlan ${mode}`);
  draft.sources.push('n1');
  serve(draft);
}

/** A node with a bridge and pods on it. */
function node(draft: Draft, number: number, pods: number, mtu?: number): void {
  const name = `n${number}`;
  draft.add(name, 'node', forwarding(draft));
  const gateway = [`10.244.${number}.1/24`];
  if (draft.six) gateway.push(`fd00:10:244:${number}::1/64`);
  const bridge = draft.bridge(name, 'cni0', gateway);
  if (mtu !== undefined) bridge.mtu = mtu;
  for (let index = 0; index < pods; index++) {
    const pod = `p${draft.ofRole('pod').length + 1}`;
    draft.add(pod, 'pod');
    const addrs = [`10.244.${number}.${index + 2}/24`];
    if (draft.six) addrs.push(`fd00:10:244:${number}::${index + 2}/64`);
    const inside = blank(pod, 'eth0', addrs);
    const port = blank(name, `v${pod}`);
    port.master = 'cni0';
    if (draft.oneIn(3)) port.hairpin = true;
    if (mtu !== undefined) inside.mtu = port.mtu = mtu;
    draft.veth(inside, port);
    draft.route(pod, 'default', { via: `10.244.${number}.1`, dev: 'eth0' });
    if (draft.six) {
      draft.route(pod, 'default', { family: 6, via: `fd00:10:244:${number}::1`, dev: 'eth0' });
    }
    draft.sources.push(pod);
    target(draft, `10.244.${number}.${index + 2}`, `fd00:10:244:${number}::${index + 2}`);
  }
  draft.sources.push(name);
  target(draft, `10.244.${number}.1`, `fd00:10:244:${number}::1`);
}

/** A switch with the nodes' cards and perhaps a host outside. */
function switched(draft: Draft, nodes: readonly number[], external: boolean): void {
  draft.add('sw', 'switch', {
    'net.bridge.bridge-nf-call-iptables': 0,
    'net.bridge.bridge-nf-call-arptables': 0,
  });
  draft.bridge('sw', 'br0');
  for (const number of nodes) {
    const addrs = [`192.168.50.${number}/24`];
    if (draft.six) addrs.push(`fd00:50::${number}/64`);
    const port = blank('sw', `sn${number}`);
    port.master = 'br0';
    draft.veth(blank(`n${number}`, 'eth0', addrs), port);
    target(draft, `192.168.50.${number}`, `fd00:50::${number}`);
  }
  if (!external) return;
  draft.add('ext', 'external');
  const addrs = ['192.168.50.100/24'];
  if (draft.six) addrs.push('fd00:50::100/64');
  const port = blank('sw', 'sext');
  port.master = 'br0';
  draft.veth(blank('ext', 'eth0', addrs), port);
  if (draft.oneIn(2)) {
    for (const number of nodes) {
      draft.route('ext', `10.244.${number}.0/24`, { via: `192.168.50.${number}`, dev: 'eth0' });
    }
  }
  draft.sources.push('ext');
  target(draft, '192.168.50.100', 'fd00:50::100');
}

/** A host beyond the node's card, without a switch between. */
function outside(draft: Draft): void {
  draft.add('ext', 'external');
  draft.veth(blank('n1', 'eth0', ['192.168.50.1/24']), blank('ext', 'eth0', ['192.168.50.100/24']));
  draft.route('n1', 'default', { via: '192.168.50.100', dev: 'eth0' });
  if (draft.oneIn(2)) draft.route('ext', '10.244.0.0/16', { via: '192.168.50.1', dev: 'eth0' });
  draft.sources.push('ext');
  target(draft, '192.168.50.100');
  target(draft, '192.168.50.1');
}

/** Programs that listen. */
export function serve(draft: Draft): void {
  for (const { name } of draft.ofRole('pod', 'external', 'node')) {
    const any = draft.six && draft.oneIn(2) ? '::' : '0.0.0.0';
    if (!draft.oneIn(5)) draft.listen(name, 'tcp', draft.oneIn(10) ? '127.0.0.1' : any, 80);
    if (!draft.oneIn(4)) draft.listen(name, 'udp', any, 53);
    if (draft.oneIn(3)) draft.listen(name, 'tcp', any, 8080);
  }
}

/** An address to probe, in one or both families. */
export function target(draft: Draft, address: string, six?: string): void {
  draft.targets.push({ address, ports: [80, 53, 8080, 81] });
  if (draft.six && six !== undefined)
    draft.targets.push({ address: six, ports: [80, 53, 8080, 81] });
}

function forwarding(draft: Draft): Record<string, number> {
  return {
    'net.ipv4.ip_forward': 1,
    ...(draft.six ? { 'net.ipv6.conf.all.forwarding': 1 } : {}),
  };
}
