import type { RecordedProbe } from '../../recorded.js';
import type { Draft } from './draft.js';
import { probe } from './probes.js';

/** Adds two to five steps of probing, of which some belong together, with changes between. */
export function addSeries(draft: Draft): void {
  for (let count = 2 + draft.rng.below(3), index = 0; index < count; index++) {
    if (index > 0 && draft.oneIn(3)) addChange(draft);
    const first = probe(draft);
    switch (draft.rng.below(8)) {
      case 0:
        traceroute(draft, first);
        break;
      case 1:
        samePort(draft, first);
        break;
      case 2:
        draft.steps.push({ probe: large(draft, first) });
        break;
      default:
        draft.steps.push({ probe: first });
    }
  }
}

/** The same probe with one TTL after the other. */
function traceroute(draft: Draft, first: RecordedProbe): void {
  for (let ttl = 1; ttl <= 3; ttl++) draft.steps.push({ probe: { ...first, ttl } });
}

/** Two probes from one port, perhaps with a change between: what a connection remembers shows. */
function samePort(draft: Draft, first: RecordedProbe): void {
  const again = first.proto === 'icmp' ? first : { ...first, sport: 45_001 };
  draft.steps.push({ probe: again });
  if (draft.oneIn(2)) addChange(draft);
  draft.steps.push({ probe: again });
}

/** More than one packet's worth of octets. */
function large(draft: Draft, first: RecordedProbe): RecordedProbe {
  if (first.proto === 'tcp') return first;
  return {
    ...first,
    size: draft.pick([1400, 1473, 2000, 4000]),
    pmtudisc: draft.pick(['dont', 'dont', 'want', 'do'] as const),
  };
}

function addChange(draft: Draft): void {
  const device = draft.pick(draft.devices().filter(({ ns }) => ns !== 'sw'));
  const { ns, if: name } = device;
  const { name: other } = draft.pick(draft.netns.filter(({ role }) => role !== 'switch'));
  const { address } = draft.pick(draft.targets.filter((each) => !each.address.includes(':')));
  const ip = (args: string, at = ns) => {
    draft.steps.push({ change: { op: 'ip', ns: at, args } });
  };
  const own = device.addrs[0];
  switch (draft.rng.below(9)) {
    case 0:
      draft.steps.push({ change: { op: 'conntrack', ns: other, args: '-F' } });
      return;
    case 1:
      draft.steps.push({ change: { op: 'conntrack', ns: other, args: '-D -p udp' } });
      return;
    case 2:
      ip(`neigh replace ${address} lladdr 02:00:00:00:cc:cc nud stale dev ${name}`);
      return;
    case 3:
      ip(`neigh flush dev ${name}`);
      return;
    case 4:
      if (own !== undefined && !own.includes(':')) {
        ip(`addr add ${own.replace(/\d+\/(\d+)$/, '200/$1')} dev ${name}`);
      }
      return;
    case 5:
      draft.steps.push({
        change: {
          op: 'sysctl',
          ns: other,
          set: { 'net.ipv4.conf.all.rp_filter': draft.rng.below(3) },
        },
      });
      return;
    case 6: {
      const rule = draft.pick([
        `-t nat -I PREROUTING -p udp -m udp --dport 53 -j DNAT --to-destination ${address}`,
        '-t nat -F',
        '-t filter -I FORWARD -m conntrack --ctstate NEW -j REJECT',
        '-t filter -F',
        '-t nat -A POSTROUTING -j MASQUERADE',
        '-t raw -A PREROUTING -j CT --notrack',
      ]);
      draft.steps.push({ change: { op: 'iptables', ns: other, args: rule } });
      return;
    }
    case 7: {
      const args = draft.pick([
        `rule add from ${address} prohibit pref 90`,
        `rule add to ${address} unreachable pref 91`,
        `rule add iif ${name} blackhole pref 92`,
        `rule add to ${address} table 50 pref 93`,
      ]);
      ip(args);
      return;
    }
    default:
      ip(`route replace ${draft.pick(['unreachable', 'blackhole'])} ${address}/32`, other);
  }
}
