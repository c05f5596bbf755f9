import type { Draft } from './draft.js';

/** Spoils something; does nothing where the lab has no such part. */
export type Fault = (draft: Draft) => void;

/** A default or other route is missing. */
export function missingRoute(draft: Draft): void {
  if (draft.routes.length === 0) return;
  const at = draft.rng.below(draft.routes.length);
  const [gone] = draft.routes.splice(at, 1);
  draft.note(`no route ${gone?.ns} ${gone?.dst}`);
}

/** A route names another gateway, that may not exist. */
export function wrongGateway(draft: Draft): void {
  const route = draft.routes.find(({ via }) => via !== undefined && !via.includes(':'));
  if (route?.via === undefined || route.onlink === true) return;
  // On a /32 no other gateway is on link.
  if (draft.device(route.ns, 'eth0')?.addrs[0]?.endsWith('/32') === true) return;
  route.via = route.via.replace(/\d+$/, String(draft.pick([3, 99])));
  draft.note(`${route.ns} ${route.dst} via ${route.via}`);
}

/** A route that refuses. */
export function refusingRoute(draft: Draft): void {
  const ns = draft.pick(draft.netns.filter(({ role }) => role !== 'switch')).name;
  const { address } = draft.pick(draft.targets);
  const type = draft.pick(['unreachable', 'prohibit', 'blackhole', 'throw']);
  const bits = address.includes(':') ? 128 : 32;
  const dst = `${address}/${bits}`;
  if (draft.routes.some((route) => route.ns === ns && route.dst === dst)) return;
  draft.route(ns, dst, { type });
  draft.note(`${ns}: ${type} ${address}`);
}

/** A namespace does not forward. */
export function noForwarding(draft: Draft): void {
  const node = draft.maybe(draft.ofRole('node', 'router'));
  if (node === undefined) return;
  node.sysctl['net.ipv4.ip_forward'] = 0;
  draft.note(`${node.name} does not forward`);
}

/** A device is down. */
export function linkDown(draft: Draft): void {
  const device = draft.pick(draft.devices().filter((each) => each.ns !== 'sw'));
  device.up = false;
  // Routes through a device that is down are refused: they are left out.
  for (let at = draft.routes.length - 1; at >= 0; at--) {
    if (draft.routes[at]?.ns === device.ns) draft.routes.splice(at, 1);
  }
  draft.note(`${device.ns}/${device.if} is down`);
}

/** `lo` is down. */
export function loopbackDown(draft: Draft): void {
  const netns = draft.pick(draft.ofRole('pod'));
  netns.lo = false;
  for (const listener of draft.listeners) {
    if (listener.ns === netns.name && listener.addr === '127.0.0.1') listener.addr = '0.0.0.0';
  }
  draft.note(`lo of ${netns.name} is down`);
  const own = draft.device(netns.name, 'eth0')?.addrs[0]?.split('/')[0];
  if (own !== undefined) draft.targets.push({ address: own, ports: [80] });
  draft.targets.push({ address: '127.0.0.1', ports: [80] });
}

/** A setting that changes how packets are taken. */
export function oddSetting(draft: Draft): void {
  const netns = draft.pick(draft.netns.filter(({ role }) => role !== 'switch'));
  const device = draft.devices().find(({ ns }) => ns === netns.name)?.if ?? 'lo';
  const [key, value] = draft.pick<readonly [string, number]>([
    ['net.ipv4.conf.all.rp_filter', 1],
    ['net.ipv4.conf.all.rp_filter', 2],
    [`net.ipv4.conf.${device}.rp_filter`, 1],
    ['net.ipv4.conf.all.arp_ignore', 1],
    ['net.ipv4.conf.all.arp_ignore', 2],
    ['net.ipv4.conf.all.arp_announce', 1],
    ['net.ipv4.conf.all.arp_announce', 2],
    ['net.ipv4.conf.all.route_localnet', 1],
    ['net.ipv4.conf.all.accept_local', 1],
    ['net.ipv4.conf.all.send_redirects', 0],
    ['net.ipv4.conf.all.arp_filter', 1],
    ['net.bridge.bridge-nf-call-iptables', 0],
    ['net.ipv4.icmp_echo_ignore_all', 1],
    ['net.ipv4.ip_default_ttl', 3],
    ['net.ipv4.ip_nonlocal_bind', 1],
    ['net.ipv4.tcp_syn_retries', 1],
    ['net.ipv4.icmp_errors_use_inbound_ifaddr', 1],
    ['net.netfilter.nf_conntrack_tcp_loose', 0],
    ['net.ipv4.fwmark_reflect', 1],
  ]);
  if (key.includes(`.${device}.`)) {
    const found = draft.devices().find((each) => each.ns === netns.name && each.if === device);
    if (found === undefined) return;
    found.sysctl = { ...found.sysctl, 'ipv4.rp_filter': value };
  } else netns.sysctl[key] = value;
  draft.note(`${netns.name}: ${key}=${value}`);
}

/** A device takes smaller packets. */
export function smallMtu(draft: Draft): void {
  const device = draft.pick(draft.devices());
  // Linux refuses a tunnel that is larger than what carries it, and IPv6 addresses below 1280 octets.
  if (
    draft.vxlans.some(({ ns, dev }) => ns === device.ns && [dev, 'flannel.1'].includes(device.if))
  )
    return;
  device.mtu = draft.pick(draft.six ? [1400, 1300, 1280] : [1400, 1300, 1280, 1000, 600]);
  draft.note(`${device.ns}/${device.if} mtu ${device.mtu}`);
}

/** Two devices have the same MAC address. */
export function sameMac(draft: Draft): void {
  const [first, second] = draft.devices().filter(({ if: name }) => name === 'eth0');
  if (first === undefined || second === undefined) return;
  first.mac = second.mac = '02:00:00:00:00:ee';
  draft.note(`${first.ns}/eth0 and ${second.ns}/eth0 share a MAC address`);
}

/** Two pods have the same address. */
export function sameAddress(draft: Draft): void {
  const pods = draft.ofRole('pod').flatMap(({ name }) => draft.device(name, 'eth0') ?? []);
  const [first, second] = pods;
  if (first === undefined || second === undefined) return;
  second.addrs = [...first.addrs];
  if (second.addrs.length > 0) {
    for (let at = draft.routes.length - 1; at >= 0; at--) {
      if (draft.routes[at]?.ns === second.ns) draft.routes.splice(at, 1);
    }
  }
  draft.note(`${second.ns} has the address of ${first.ns}`);
}

/** A prefix of another length. */
export function wrongMask(draft: Draft): void {
  const pods = draft.ofRole('pod').flatMap(({ name }) => draft.device(name, 'eth0') ?? []);
  const device = draft.pick(pods);
  // The gateway stays on link: Linux refuses a route otherwise.
  device.addrs = device.addrs.map((text) =>
    text.replace(/^(10\..*)\/24$/, `$1/${draft.pick([16, 25])}`),
  );
  draft.note(`${device.ns} has ${device.addrs.join(' ')}`);
}

/** A port of a bridge is set otherwise. */
export function oddPort(draft: Draft): void {
  const port = draft.maybe(draft.devices().filter(({ master }) => master !== undefined));
  if (port === undefined) return;
  const choice = draft.rng.below(5);
  if (choice === 0) {
    delete port.master;
    delete port.hairpin;
  } else if (choice === 1) port.bridge_port_state = draft.pick([0, 4]);
  else if (choice === 2) port.hairpin = true;
  else {
    for (const device of draft.devices()) {
      if (device.master !== undefined && device.ns === port.ns && draft.oneIn(2))
        device.isolated = true;
    }
    port.isolated = true;
  }
  draft.note(
    `port ${port.ns}/${port.if} ${['not enslaved', 'state', 'hairpin', 'isolated', 'isolated'][choice]}`,
  );
}

/** VXLAN's tables are wrong. */
export function oddTunnel(draft: Draft): void {
  const [first] = draft.vxlans;
  if (first === undefined) return;
  const choice = draft.rng.below(5);
  if (choice === 0) draft.fdb.splice(0, 1);
  else if (choice === 1) draft.neigh.splice(0, 1);
  else if (choice === 2) first.vni = 2;
  else if (choice === 3) for (const entry of draft.fdb.slice(0, 1)) entry.dst = '192.168.50.99';
  else for (const entry of draft.neigh.slice(0, 1)) entry.lladdr = '02:00:00:00:aa:aa';
  draft.note(
    `tunnel: ${['no fdb', 'no neighbour', 'wrong vni', 'wrong remote', 'wrong vtep mac'][choice]}`,
  );
}

/** A second address, or a second default route with a metric. */
export function secondWay(draft: Draft): void {
  const pods = draft.ofRole('pod').flatMap(({ name }) => draft.device(name, 'eth0') ?? []);
  const device = draft.pick(pods);
  const own = device.addrs[0] ?? '';
  if (!/^10\.244.*\/24$/.test(own)) return;
  if (draft.oneIn(2)) {
    if (device.addrs.some((text) => text.startsWith('10.244.') && text !== own)) return;
    device.addrs.push(own.replace(/\.(\d+)\/24$/, '.2$1/24'));
    draft.targets.push({ address: own.replace(/\.(\d+)\/24$/, '.2$1'), ports: [80] });
    draft.note(`${device.ns} has a second address`);
  } else {
    const gateway = own.replace(/\d+\/\d+$/, String(draft.pick([3, 99])));
    const metric = draft.pick([50, 100]);
    // Linux refuses a gateway behind a device that is down.
    if (device.up === false) return;
    draft.route(device.ns, 'default', { via: gateway, dev: device.if, metric });
    draft.note(`${device.ns} has a second default route via ${gateway}`);
  }
}

/** A static neighbour entry, right or wrong. */
export function staticNeighbor(draft: Draft): void {
  const device = draft.maybe(
    draft.devices().filter(({ if: name }) => name === 'eth0' || name === 'cni0'),
  );
  if (device === undefined) return;
  const others = draft.devices().filter((each) => each.ns !== device.ns && each.addrs.length > 0);
  if (others.length === 0) return;
  const other = draft.pick(others);
  const dst = other.addrs[0]?.split('/')[0] ?? '';
  if (draft.neigh.some((entry) => entry.ns === device.ns && entry.dst === dst)) return;
  const lladdr = draft.oneIn(2) ? `${other.ns}/${other.if}` : '02:00:00:00:bb:bb';
  const nud = draft.pick(['permanent', 'stale', 'reachable']);
  draft.neigh.push({ ns: device.ns, dev: device.if, dst, lladdr, nud });
  draft.note(`${device.ns}: neigh ${dst} ${lladdr} ${nud}`);
}
