import type { RecordedProbe } from '../../recorded.js';
import type { Draft } from './draft.js';

/** Adds probes, and now and then a change between two of them. */
export function addSteps(draft: Draft): void {
  const count = 2 + draft.rng.below(3);
  for (let index = 0; index < count; index++) {
    if (index > 0 && draft.oneIn(4)) addChange(draft);
    draft.steps.push({ probe: probe(draft) });
  }
}

/** A probe from one of the lab's sources to one of its targets. */
export function probe(draft: Draft): RecordedProbe {
  const src = draft.pick(draft.sources);
  const target = draft.pick(draft.targets);
  const dst = draft.oneIn(25)
    ? draft.pick(['10.244.1.99', '10.77.0.1', '127.0.0.1', '0.0.0.0'])
    : target.address;
  const proto = draft.pick(['tcp', 'tcp', 'udp', 'icmp'] as const);
  const made: { -readonly [K in keyof RecordedProbe]: RecordedProbe[K] } = { src, proto, dst };
  if (proto !== 'icmp')
    made.dport = proto === 'udp' ? draft.pick([53, 53, 54, 81]) : draft.pick(target.ports);
  if (draft.oneIn(8)) made.timeout_ms = 3600;
  if (draft.oneIn(8)) made.ttl = draft.pick([1, 2, 3]);
  if (proto !== 'tcp' && draft.oneIn(4)) {
    made.size = draft.pick([0, 500, 1300, 1450, 1472, 1473, 2000, 2900]);
    if (draft.oneIn(2)) made.pmtudisc = draft.pick(['do', 'dont', 'want'] as const);
  }
  if (proto === 'udp' && draft.oneIn(5)) made.unconnected = true;
  // A node's bridge and tunnel show what it sends as joined segments: offloads are off on veths alone.
  const plain = draft.ofRole('pod', 'external').some(({ name }) => name === src);
  if (proto === 'tcp' && draft.oneIn(6) && plain) made.data = draft.pick([1, 600, 1400, 2000]);
  if (draft.oneIn(15)) made.sport = 45000;
  if (proto !== 'tcp' && draft.oneIn(25)) {
    made.dst = draft.pick(['10.244.1.255', '255.255.255.255', '192.168.50.255']);
    made.broadcast = draft.oneIn(2);
    // Which of several repliers comes first is the recorder's: nobody listens here.
    if (proto === 'udp') made.dport = 54;
  }
  if (draft.oneIn(15)) {
    const own = draft.devices().find(({ ns, addrs }) => ns === src && addrs.length > 0)?.addrs[0];
    const saddr = draft.oneIn(4) ? '127.0.0.1' : own?.split('/')[0];
    if (saddr !== undefined && saddr.includes(':') === dst.includes(':')) made.saddr = saddr;
  }
  return made;
}

function addChange(draft: Draft): void {
  const device = draft.pick(draft.devices());
  const { ns, if: name } = device;
  switch (draft.rng.below(10)) {
    case 0:
      draft.steps.push({ change: { op: 'ip', ns, args: `link set ${name} down` } });
      return;
    case 1:
      draft.steps.push({ change: { op: 'ip', ns, args: `link set ${name} up` } });
      return;
    case 2:
      draft.steps.push({ change: { op: 'sleep', ms: draft.pick([500, 1200]) } });
      return;
    case 3: {
      const route = draft.oneIn(2) ? draft.routes[0] : draft.routes.at(-1);
      if (route === undefined || route.type !== undefined || route.family === 6) return;
      const via = route.via === undefined ? '' : ` via ${route.via}`;
      const metric = route.metric === undefined ? '' : ` metric ${route.metric}`;
      draft.steps.push({
        change: {
          op: 'ip',
          ns: route.ns,
          args: `route del ${route.dst}${via} dev ${route.dev}${metric}`,
        },
      });
      return;
    }
    case 4:
      draft.steps.push({ change: { op: 'ip', ns, args: `link set ${name} mtu 1200` } });
      return;
    case 5:
      draft.steps.push({
        change: {
          op: 'sysctl',
          ns,
          set: {
            [draft.pick(['net.ipv4.ip_forward', 'net.ipv4.conf.all.rp_filter'])]:
              draft.rng.below(2),
          },
        },
      });
      return;
    case 6: {
      const router = draft.pick(draft.netns.filter(({ role }) => role !== 'switch')).name;
      const rule = draft.pick([
        'filter -I FORWARD -j DROP',
        'filter -A INPUT -p tcp --dport 80 -j REJECT',
        'filter -A OUTPUT -p udp -j DROP',
        'nat -A POSTROUTING -j MASQUERADE',
        'filter -F FORWARD',
        'nat -F',
      ]);
      draft.steps.push({ change: { op: 'iptables', ns: router, args: `-t ${rule}` } });
      return;
    }
    case 7: {
      const { address } = draft.pick(draft.targets);
      const other = draft.pick(draft.netns.filter(({ role }) => role !== 'switch')).name;
      const type = draft.pick(['blackhole', 'unreachable', 'prohibit']);
      const six = address.includes(':') ? '-6 ' : '';
      draft.steps.push({
        change: { op: 'ip', ns: other, args: `${six}route add ${type} ${address}` },
      });
      return;
    }
    case 8:
      draft.steps.push({ change: { op: 'ip', ns, args: `link set ${name} up` } });
      return;
    default: {
      const own = device.addrs[0];
      if (own !== undefined)
        draft.steps.push({ change: { op: 'ip', ns, args: `addr del ${own} dev ${name}` } });
    }
  }
}
