import type { Draft, DraftRules } from './draft.js';

/** Adds packet filter rules to a lab. */
export type RuleMaker = (draft: Draft) => void;

const MARK_MASQ = '0x4000';

/** A Service in the shape of kube-proxy's chains, with one or two endpoints. */
export function service(draft: Draft): void {
  const node = draft.pick(draft.ofRole('node', 'router')).name;
  const nat = draft.table(node, 'nat');
  if (nat.chains.includes('KUBE-SERVICES')) return;
  const pods = draft.targets.filter(({ address }) => /^10\.244\.\d+\.[2-9]$/.test(address));
  if (pods.length === 0) return;
  const backends = draft.oneIn(2) ? [draft.pick(pods)] : pods.slice(0, 2);
  const proto = draft.pick(['tcp', 'tcp', 'udp']);
  const [port, targetPort] = proto === 'tcp' ? [80, draft.pick([80, 8080, 81])] : [53, 53];
  nat.chains.push(
    'KUBE-SERVICES',
    'KUBE-MARK-MASQ',
    'KUBE-POSTROUTING',
    'KUBE-NODEPORTS',
    'KUBE-SVC-A',
  );
  nat.rules.push(
    '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING',
    `-A KUBE-MARK-MASQ -j MARK --set-xmark ${MARK_MASQ}/${MARK_MASQ}`,
    `-A KUBE-POSTROUTING -m mark ! --mark ${MARK_MASQ}/${MARK_MASQ} -j RETURN`,
    `-A KUBE-POSTROUTING -j MARK --set-xmark ${MARK_MASQ}/0x0`,
    '-A KUBE-POSTROUTING -j MASQUERADE',
    `-A KUBE-SERVICES -d 10.96.0.10/32 -p ${proto} -m ${proto} --dport ${port} -j KUBE-SVC-A`,
  );
  if (!draft.oneIn(4)) {
    nat.rules.push(
      `-A KUBE-SVC-A ! -s 10.244.0.0/16 -d 10.96.0.10/32 -p ${proto} -m ${proto} --dport ${port} -j KUBE-MARK-MASQ`,
    );
  }
  for (const [index, { address }] of backends.entries()) {
    const chain = `KUBE-SEP-${index + 1}`;
    const every = backends.length - index;
    nat.chains.push(chain);
    nat.rules.push(
      `-A KUBE-SVC-A ${every > 1 ? `-m statistic --mode nth --every ${every} --packet 0 ` : ''}-j ${chain}`,
    );
    if (!draft.oneIn(4)) nat.rules.push(`-A ${chain} -s ${address}/32 -j KUBE-MARK-MASQ`);
    nat.rules.push(
      `-A ${chain} -p ${proto} -m ${proto} -j DNAT --to-destination ${address}:${targetPort}`,
    );
  }
  draft.targets.push({ address: '10.96.0.10', ports: [port, port, port, 81] });
  draft.note(
    `service ${proto} on ${node} with ${backends.length} endpoints, targetPort ${targetPort}`,
  );
  if (draft.oneIn(2)) nodePort(draft, nat, { proto, port });
}

function nodePort(draft: Draft, nat: DraftRules, { proto }: { proto: string; port: number }): void {
  nat.chains.push('KUBE-EXT-A');
  nat.rules.push('-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS');
  nat.rules.push(`-A KUBE-NODEPORTS -p ${proto} -m ${proto} --dport 30080 -j KUBE-EXT-A`);
  if (!draft.oneIn(4)) nat.rules.push('-A KUBE-EXT-A -j KUBE-MARK-MASQ');
  nat.rules.push('-A KUBE-EXT-A -j KUBE-SVC-A');
  for (const target of [...draft.targets]) {
    if (/\.1$|^192\.168/.test(target.address)) {
      draft.targets.push({ address: target.address, ports: [30080] });
    }
  }
  if (draft.oneIn(3)) draft.targets.push({ address: '127.0.0.1', ports: [30080] });
  draft.note('with a node port');
}

/** A Service without endpoints: REJECT in the filter table. */
export function emptyService(draft: Draft): void {
  const node = draft.pick(draft.ofRole('node', 'router')).name;
  const filter = draft.table(node, 'filter');
  const rule =
    '-d 10.96.0.99/32 -p tcp -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable';
  filter.rules.push(`-A FORWARD ${rule}`, `-A OUTPUT ${rule}`);
  draft.targets.push({ address: '10.96.0.99', ports: [80, 81] });
  draft.note('service without endpoints');
}

/** What leaves the pod network is masqueraded. */
export function masquerade(draft: Draft): void {
  const node = draft.pick(draft.ofRole('node', 'router')).name;
  const nat = draft.table(node, 'nat');
  nat.rules.push('-A POSTROUTING -s 10.0.0.0/8 ! -d 10.0.0.0/8 -j MASQUERADE');
  draft.note(`${node} masquerades`);
}

/** An ingress policy for one pod, in FORWARD. */
export function policy(draft: Draft): void {
  const node = draft.pick(draft.ofRole('node', 'router')).name;
  const pod = draft.pick(draft.targets).address;
  if (pod.includes(':')) return;
  const filter = draft.table(node, 'filter');
  if (filter.chains.includes('NP-INGRESS')) return;
  filter.chains.push('NP-INGRESS');
  if (!draft.oneIn(4))
    filter.rules.push('-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT');
  filter.rules.push(
    `-A FORWARD -d ${pod} -j NP-INGRESS`,
    `-A NP-INGRESS -p tcp --dport ${draft.pick([80, 8080])} -j RETURN`,
    `-A NP-INGRESS -j ${draft.pick(['DROP', 'DROP', 'REJECT'])}`,
  );
  draft.note(`policy for ${pod} on ${node}`);
}

const REJECTS = [
  'icmp-net-unreachable',
  'icmp-host-unreachable',
  'icmp-port-unreachable',
  'icmp-proto-unreachable',
  'icmp-net-prohibited',
  'icmp-host-prohibited',
  'icmp-admin-prohibited',
];

/** One rule somewhere that drops, refuses or changes packets. */
export function oddRule(draft: Draft): void {
  const { name } = draft.pick(draft.netns.filter(({ role }) => role !== 'switch'));
  const proto = draft.pick(['tcp', 'udp', 'icmp']);
  const match = draft.pick([
    `-p ${proto}`,
    '-p tcp -m tcp --dport 80',
    '-p udp -m udp --dport 53',
    '-p tcp -m tcp --tcp-flags SYN,ACK SYN,ACK',
    '-m conntrack --ctstate INVALID',
    '-m conntrack --ctstate NEW',
    '-p icmp -m icmp --icmp-type 8',
    '-m conntrack --ctstate RELATED',
    `-d ${draft.pick(draft.targets.filter(({ address }) => !address.includes(':'))).address}`,
    '-p tcp -m multiport --dports 80,8080',
    '-m addrtype --dst-type LOCAL',
    '-m physdev --physdev-is-bridged',
    '-p tcp -m multiport --sports 80,8080',
  ]);
  const choice = draft.rng.below(10);
  if (choice < 6) {
    const chain = draft.pick(['INPUT', 'FORWARD', 'OUTPUT']);
    const reject = `REJECT --reject-with ${match.startsWith('-p tcp') && draft.oneIn(3) ? 'tcp-reset' : draft.pick(REJECTS)}`;
    if (match.includes('physdev') && chain === 'OUTPUT') return;
    const rule = `-A ${chain} ${match} -j ${draft.pick(['DROP', reject])}`;
    draft.table(name, 'filter').rules.push(rule);
    draft.note(`${name}: filter ${rule}`);
  } else if (choice === 6) {
    const chain = draft.pick(['PREROUTING', 'OUTPUT']);
    if (match.includes('physdev') || match.includes('ctstate')) return;
    const rule = `-A ${chain} ${match} -j ${draft.pick(['DROP', 'CT --notrack'])}`;
    draft.table(name, 'raw').rules.push(rule);
    draft.note(`${name}: raw ${rule}`);
  } else if (choice === 7) {
    const chain = draft.pick(['PREROUTING', 'FORWARD', 'POSTROUTING', 'INPUT', 'OUTPUT']);
    if (match.includes('physdev')) return;
    const rule = `-A ${chain} ${match} -j ${draft.pick(['MARK --set-mark 7', 'TTL --ttl-set 5', 'DROP'])}`;
    if (rule.includes('TTL ')) return;
    draft.table(name, 'mangle').rules.push(rule);
    draft.note(`${name}: mangle ${rule}`);
  } else {
    const to = draft.pick(draft.targets.filter(({ address }) => !address.includes(':'))).address;
    const rule = draft.pick([
      `-A PREROUTING -p tcp -m tcp --dport 81 -j DNAT --to-destination ${to}:80`,
      `-A OUTPUT -p tcp -m tcp --dport 81 -j DNAT --to-destination ${to}:80`,
      `-A PREROUTING -p udp -m udp --dport 81 -j REDIRECT --to-ports 53`,
      `-A PREROUTING -p tcp -m tcp --dport 81 -j REDIRECT --to-ports 80`,
      `-A POSTROUTING -p tcp -j MASQUERADE`,
      `-A POSTROUTING -p icmp -j MASQUERADE`,
    ]);
    draft.table(name, 'nat').rules.push(rule);
    draft.note(`${name}: nat ${rule}`);
  }
}

/** A chain's policy is DROP, with what is established let through. */
export function dropPolicy(draft: Draft): void {
  const { name } = draft.pick(draft.netns.filter(({ role }) => role !== 'switch'));
  const filter = draft.table(name, 'filter');
  const chain = draft.pick(['INPUT', 'FORWARD', 'OUTPUT']);
  filter.policy[chain] = 'DROP';
  filter.rules.push(`-A ${chain} -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT`);
  if (draft.oneIn(2)) filter.rules.push(`-A ${chain} -p icmp -j ACCEPT`);
  draft.note(`${name}: ${chain} policy DROP`);
}
