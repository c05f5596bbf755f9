import type { Draft, DraftRules } from './draft.js';

const MARK_MASQ = '0x4000';
const SERVICE_ADDRESS = 'fd00:10:96::10';

const REJECTS = [
  'icmp6-no-route',
  'icmp6-adm-prohibited',
  'icmp6-addr-unreachable',
  'icmp6-port-unreachable',
  'icmp6-policy-fail',
  'icmp6-reject-route',
];

/** A Service in ip6tables with one or two endpoints, and perhaps a node port. */
export function service6(draft: Draft): void {
  const node = draft.pick(draft.ofRole('node', 'router')).name;
  const nat = draft.table(node, 'nat', 6);
  const pods = draft.targets.filter(({ address }) => /^fd00:10:244:\d+::[2-9]$/.test(address));
  if (pods.length === 0 || nat.chains.includes('KUBE-SERVICES')) return;
  const backends = draft.oneIn(2) ? [draft.pick(pods)] : pods.slice(0, 2);
  const proto = draft.pick(['tcp', 'tcp', 'udp']);
  const [port, targetPort] = proto === 'tcp' ? [80, draft.pick([80, 8080, 81])] : [53, 53];
  const chosen = `-d ${SERVICE_ADDRESS}/128 -p ${proto} -m ${proto} --dport ${port}`;
  nat.chains.push('KUBE-SERVICES', 'KUBE-MARK-MASQ', 'KUBE-POSTROUTING', 'KUBE-SVC-A');
  nat.rules.push(
    '-A PREROUTING -j KUBE-SERVICES',
    '-A OUTPUT -j KUBE-SERVICES',
    '-A POSTROUTING -j KUBE-POSTROUTING',
    `-A KUBE-MARK-MASQ -j MARK --set-xmark ${MARK_MASQ}/${MARK_MASQ}`,
    `-A KUBE-POSTROUTING -m mark ! --mark ${MARK_MASQ}/${MARK_MASQ} -j RETURN`,
    `-A KUBE-POSTROUTING -j MARK --set-xmark ${MARK_MASQ}/0x0`,
    `-A KUBE-POSTROUTING -j MASQUERADE${draft.oneIn(6) ? ' --random-fully' : ''}`,
    `-A KUBE-SERVICES ${chosen} -j KUBE-SVC-A`,
  );
  if (!draft.oneIn(4)) {
    nat.rules.push(`-A KUBE-SVC-A ! -s fd00:10:244::/48 ${chosen} -j KUBE-MARK-MASQ`);
  }
  for (const [index, { address }] of backends.entries()) {
    const every = backends.length - index;
    const nth = every > 1 ? `-m statistic --mode nth --every ${every} --packet 0 ` : '';
    const chain = `KUBE-SEP-${index + 1}`;
    nat.chains.push(chain);
    nat.rules.push(`-A KUBE-SVC-A ${nth}-j ${chain}`);
    if (!draft.oneIn(4)) nat.rules.push(`-A ${chain} -s ${address}/128 -j KUBE-MARK-MASQ`);
    nat.rules.push(
      `-A ${chain} -p ${proto} -m ${proto} -j DNAT --to-destination [${address}]:${targetPort}`,
    );
  }
  draft.targets.push({ address: SERVICE_ADDRESS, ports: [port, port, port, 81] });
  draft.note(
    `${node}: service6 ${proto} with ${backends.length} endpoints, targetPort ${targetPort}`,
  );
  if (draft.oneIn(2)) nodePort6(draft, nat, proto);
}

function nodePort6(draft: Draft, nat: DraftRules, proto: string): void {
  nat.chains.push('KUBE-NODEPORTS', 'KUBE-EXT-A');
  nat.rules.push(
    '-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS',
    `-A KUBE-NODEPORTS -p ${proto} -m ${proto} --dport 30080 -j KUBE-EXT-A`,
  );
  if (!draft.oneIn(4)) nat.rules.push('-A KUBE-EXT-A -j KUBE-MARK-MASQ');
  nat.rules.push('-A KUBE-EXT-A -j KUBE-SVC-A');
  for (const { address } of [...draft.targets]) {
    if (/^fd00:(50::|.*::1$)/.test(address)) draft.targets.push({ address, ports: [30080] });
  }
  if (draft.oneIn(3)) draft.targets.push({ address: '::1', ports: [30080] });
  draft.note('with a node port');
}

/** What leaves one namespace is masqueraded, or what comes from the pods alone. */
export function masquerade6(draft: Draft): void {
  const node = draft.pick(draft.ofRole('node', 'router')).name;
  const rule = draft.pick([
    '-A POSTROUTING -j MASQUERADE',
    '-A POSTROUTING -s fd00:10:244::/48 ! -d fd00:10:244::/48 -j MASQUERADE',
    '-A POSTROUTING -p udp -j MASQUERADE --to-ports 50000',
    '-A POSTROUTING -p ipv6-icmp -j MASQUERADE',
  ]);
  draft.table(node, 'nat', 6).rules.push(rule);
  draft.note(`${node}: nat6 ${rule}`);
}

/** An ingress policy for one pod in FORWARD, that neighbour discovery may or may not pass. */
export function policy6(draft: Draft): void {
  const node = draft.pick(draft.ofRole('node', 'router')).name;
  const { address } = draft.pick(sixTargets(draft));
  const filter = draft.table(node, 'filter', 6);
  if (filter.chains.includes('NP-INGRESS')) return;
  filter.chains.push('NP-INGRESS');
  if (!draft.oneIn(4)) {
    filter.rules.push('-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT');
  }
  filter.rules.push(
    `-A FORWARD -d ${address} -j NP-INGRESS`,
    `-A NP-INGRESS -p tcp --dport ${draft.pick([80, 8080])} -j RETURN`,
    `-A NP-INGRESS -j ${draft.pick(['DROP', 'DROP', 'REJECT', 'REJECT --reject-with icmp6-policy-fail'])}`,
  );
  draft.note(`policy for ${address} on ${node}`);
}

/** One rule somewhere that drops, refuses or changes packets. */
export function oddRule6(draft: Draft): void {
  const { name } = draft.pick(draft.netns.filter(({ role }) => role !== 'switch'));
  const match = draft.pick([
    '-p tcp',
    '-p udp',
    '-p ipv6-icmp',
    '-p tcp -m tcp --dport 80',
    '-p udp -m udp --dport 53',
    '-p ipv6-icmp -m icmp6 --icmpv6-type 128',
    '-p ipv6-icmp -m icmp6 --icmpv6-type 135',
    '-p ipv6-icmp -m icmp6 --icmpv6-type 136',
    '-m conntrack --ctstate INVALID',
    '-m conntrack --ctstate NEW',
    '-m conntrack --ctstate UNTRACKED',
    `-d ${draft.pick(sixTargets(draft)).address}`,
    '-p tcp -m multiport --dports 80,8080',
    '-m addrtype --dst-type LOCAL',
    '-p tcp -m tcp --tcp-flags SYN,ACK SYN,ACK',
    '-m hl --hl-lt 64',
  ]);
  const reject = draft.oneIn(3)
    ? '-p tcp -m tcp -j REJECT --reject-with tcp-reset'
    : `-j REJECT --reject-with ${draft.pick(REJECTS)}`;
  const refused = `${match} ${reject}`.replace(/-p tcp(.*) -p tcp -m tcp -j/, '-p tcp$1 -j');
  const { address } = draft.pick(sixTargets(draft));
  const [table, rule] = draft.pick<readonly [string, string]>([
    ['filter', `-A ${draft.pick(['INPUT', 'FORWARD', 'OUTPUT'])} ${match} -j DROP`],
    ['filter', `-A ${draft.pick(['INPUT', 'FORWARD', 'OUTPUT'])} ${refused}`],
    ['filter', `-A ${draft.pick(['INPUT', 'FORWARD', 'OUTPUT'])} ${refused}`],
    ['raw', `-A ${draft.pick(['PREROUTING', 'OUTPUT'])} -p tcp -j CT --notrack`],
    ['mangle', `-A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu`],
    ['mangle', `-A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1200`],
    ['nat', `-A PREROUTING -p tcp -m tcp --dport 81 -j REDIRECT --to-ports 80`],
    ['nat', `-A PREROUTING -p tcp -m tcp --dport 81 -j DNAT --to-destination [${address}]:80`],
    ['nat', `-A OUTPUT -p tcp -m tcp --dport 81 -j DNAT --to-destination [${address}]:80`],
  ]);
  if (table === 'filter' && rule.includes('-p udp') && rule.includes('tcp-reset')) return;
  if (rule.includes('tcp-reset') && !rule.startsWith(`${rule.split(' -p tcp')[0]} -p tcp`)) return;
  if (/-p ipv6-icmp.*-p tcp/.test(rule)) return;
  draft.table(name, table, 6).rules.push(rule);
  draft.note(`${name}: ${table}6 ${rule}`);
}

/** A chain's policy is DROP; neighbour discovery passes, or it does not. */
export function dropPolicy6(draft: Draft): void {
  const { name } = draft.pick(draft.netns.filter(({ role }) => role !== 'switch'));
  const filter = draft.table(name, 'filter', 6);
  const chain = draft.pick(['INPUT', 'FORWARD', 'OUTPUT']);
  filter.policy[chain] = 'DROP';
  filter.rules.push(`-A ${chain} -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT`);
  if (!draft.oneIn(3)) filter.rules.push(`-A ${chain} -p ipv6-icmp -j ACCEPT`);
  draft.note(`${name}: ${chain} policy DROP in ip6tables`);
}

/** Bridged IPv6 does not pass ip6tables. */
export function bridgedPast6(draft: Draft): void {
  const node = draft.maybe(draft.ofRole('node'));
  if (node === undefined) return;
  node.sysctl['net.bridge.bridge-nf-call-ip6tables'] = 0;
  draft.note(`${node.name}: bridge-nf-call-ip6tables=0`);
}

function sixTargets(draft: Draft): Draft['targets'] {
  return draft.targets.filter(({ address }) => address.includes(':'));
}
