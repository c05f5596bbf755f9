import type { Draft } from './draft.js';

/** A Service as a map of verdicts, with `numgen inc` over its endpoints. */
export function nftService(draft: Draft): void {
  const node = draft.pick(draft.ofRole('node', 'router')).name;
  const pods = draft.targets.filter(({ address }) => /^10\.244\.\d+\.[2-9]$/.test(address));
  if (pods.length === 0 || draft.nft.some(({ ruleset }) => ruleset.includes('table ip services')))
    return;
  const backends = draft.oneIn(2) ? [draft.pick(pods)] : pods.slice(0, 2);
  const proto = draft.pick(['tcp', 'tcp', 'udp']);
  const [port, to] = proto === 'tcp' ? [80, draft.pick([80, 8080, 81])] : [53, 53];
  const ends = backends.map((_, index) => `${index} : goto end-${index}`).join(', ');
  const hairpin = !draft.oneIn(4);
  const ruleset = `table ip services {
  map ports {
    type ipv4_addr . inet_proto . inet_service : verdict
    elements = { 10.96.0.10 . ${proto} . ${port} : goto web }
  }
  map node-ports {
    type inet_proto . inet_service : verdict
    elements = { ${proto} . 30080 : goto outside }
  }
  chain services {
    ip daddr . meta l4proto . th dport vmap @ports
    fib daddr type local meta l4proto . th dport vmap @node-ports
  }
  chain mark-masq { meta mark set mark or 0x4000; }
  chain outside { jump mark-masq; goto web; }
  chain web {
    ${draft.oneIn(4) ? '' : 'ip saddr != 10.244.0.0/16 ip daddr 10.96.0.10 jump mark-masq'}
    numgen inc mod ${backends.length} vmap { ${ends} }
  }
${backends
  .map(
    ({ address }, index) => `  chain end-${index} {
    ${hairpin ? `ip saddr ${address} jump mark-masq` : ''}
    meta l4proto ${proto} dnat to ${address}:${to}
  }`,
  )
  .join('\n')}
  chain prerouting { type nat hook prerouting priority dstnat; jump services; }
  chain output { type nat hook output priority -100; jump services; }
  chain postrouting {
    type nat hook postrouting priority srcnat;
    mark and 0x4000 == 0 return
    mark set mark xor 0x4000
    masquerade
  }
}`;
  draft.nft.push({ ns: node, ruleset });
  draft.targets.push({ address: '10.96.0.10', ports: [port, port, port, 81] });
  for (const { address } of [...draft.targets]) {
    if (/\.1$|^192\.168/.test(address)) draft.targets.push({ address, ports: [30080] });
  }
  draft.note(`${node}: nft service ${proto} with ${backends.length} endpoints, to ${to}`);
}

const REJECTS = [
  'drop',
  'drop',
  'reject',
  'reject with tcp reset',
  'reject with icmpx admin-prohibited',
  'reject with icmpx no-route',
  'reject with icmp host-unreachable',
  'reject with icmp port-unreachable',
  'reject with icmp net-prohibited',
];

/** A base chain of the filter type with a few rules; more than one may stand at the same hook. */
export function nftFilter(draft: Draft): void {
  const { name } = draft.pick(draft.netns.filter(({ role }) => role !== 'switch'));
  const { address } = draft.pick(draft.targets.filter((target) => !target.address.includes(':')));
  const hook = draft.pick(['prerouting', 'input', 'forward', 'output', 'postrouting']);
  const table = `f${draft.nft.length}`;
  const priority = draft.pick([-300, -150, -50, 0, 10]);
  const lines: string[] = [];
  // Names of both families' messages belong to tables of both.
  const family = draft.pick(['ip', 'ip', 'inet']);
  for (let count = 1 + draft.rng.below(2); count > 0; count--) {
    const match = draft.pick([
      'tcp dport 80',
      'udp dport 53',
      'meta l4proto tcp',
      'icmp type echo-request',
      'ct state new',
      'ct state invalid',
      'ct state established,related',
      'ct status dnat',
      'ct direction reply',
      `ip daddr ${address}`,
      `ip saddr ${address} tcp flags & (syn|ack) == syn|ack`,
      'tcp dport { 80, 8080 }',
      'ip daddr . tcp dport { 10.244.1.2 . 80, 10.244.1.3 . 80 }',
      'ip ttl < 64',
      'meta length > 1000',
      'fib daddr type local',
      'meta pkttype host',
      'ip frag-off & 0x1fff != 0',
    ]);
    // Linux takes REJECT in these hooks alone, and a reset for TCP alone.
    const refuses = hook !== 'postrouting';
    const action = draft.pick(refuses ? REJECTS : ['drop', 'accept']);
    if (action.includes('icmpx') && family === 'ip') continue;
    const reset = action.includes('tcp reset');
    if (reset && !/tcp|l4proto/.test(match)) continue;
    const extra = draft.pick(['', '', 'counter ', 'meta mark set 7 ', 'limit rate 1/minute ']);
    lines.push(`    ${match} ${extra}${action}`);
  }
  if (draft.oneIn(4)) lines.unshift('    ct state established,related accept');
  const policy = draft.oneIn(6) ? 'drop' : 'accept';
  const ruleset = `table ${family} ${table} {
  chain ${hook} {
    type filter hook ${hook} priority ${priority}; policy ${policy};
${lines.join('\n')}
  }
}`;
  draft.nft.push({ ns: name, ruleset });
  draft.note(
    `${name}: nft ${hook} ${priority} ${policy} ${lines.map((line) => line.trim()).join(', ')}`,
  );
}

/** Address translation without a map: masquerade, snat, redirect, dnat. */
export function nftNat(draft: Draft): void {
  const { name } = draft.pick(draft.netns.filter(({ role }) => role !== 'switch'));
  const { address } = draft.pick(draft.targets.filter((target) => !target.address.includes(':')));
  const [hook, priority, rule] = draft.pick<readonly [string, number, string]>([
    ['postrouting', 100, 'masquerade'],
    ['postrouting', 100, 'meta l4proto udp masquerade to :50000-50010'],
    ['postrouting', 100, 'meta l4proto icmp masquerade'],
    ['prerouting', -100, 'tcp dport 81 redirect to :80'],
    ['prerouting', -100, 'udp dport 54 redirect to :53'],
    ['prerouting', -100, `tcp dport 81 dnat to ${address}:80`],
    ['output', -100, `tcp dport 81 dnat to ${address}:80`],
    ['output', -100, 'tcp dport 81 redirect to :80'],
    ['prerouting', -100, `ip daddr 10.96.0.0/24 dnat to ${address}`],
    ['input', 100, `ip daddr ${address} snat to 10.244.1.77`],
  ]);
  draft.nft.push({
    ns: name,
    ruleset: `table ip n${draft.nft.length} {
  chain ${hook} { type nat hook ${hook} priority ${priority}; ${rule}; }
}`,
  });
  draft.targets.push({ address: '10.96.0.7', ports: [80] });
  draft.note(`${name}: nft ${hook} ${rule}`);
}

/** Connections that are not tracked. */
export function nftNotrack(draft: Draft): void {
  const { name } = draft.pick(draft.netns.filter(({ role }) => role !== 'switch'));
  const hook = draft.pick(['prerouting', 'output']);
  const match = draft.pick([
    'tcp dport 80',
    'meta l4proto udp',
    'icmp type echo-request',
    'tcp sport 80',
  ]);
  draft.nft.push({
    ns: name,
    ruleset: `table ip r${draft.nft.length} {
  chain ${hook} { type filter hook ${hook} priority raw; ${match} notrack; }
}`,
  });
  draft.note(`${name}: nft ${hook} ${match} notrack`);
}
