import type { Draft } from './draft.js';

/** One rule with a match that remembers, or a target that changes a connection. */
export function statefulRule(draft: Draft): void {
  const { name } = draft.pick(draft.netns.filter(({ role }) => role !== 'switch'));
  const chain = draft.pick(['INPUT', 'FORWARD', 'OUTPUT']);
  const address = fourTarget(draft);
  const drop = draft.pick(['DROP', 'REJECT', 'REJECT --reject-with icmp-host-prohibited']);
  const [table, rules] = draft.pick<readonly [string, readonly string[]]>([
    [
      'filter',
      [
        `-A ${chain} -p tcp -m tcp --dport 80 -m conntrack --ctstate NEW -m recent --update --seconds 60 --hitcount 2 --name web --rsource -j ${drop}`,
        `-A ${chain} -p tcp -m tcp --dport 80 -m conntrack --ctstate NEW -m recent --set --name web --rsource`,
      ],
    ],
    [
      'filter',
      [
        `-A ${chain} -m recent --rcheck --name seen --rdest -j ${drop}`,
        `-A ${chain} -m recent --set --name seen --rdest`,
      ],
    ],
    [
      'filter',
      [
        `-A ${chain} -p icmp -m limit --limit 1/min --limit-burst 1 -j ACCEPT`,
        `-A ${chain} -p icmp -j ${drop}`,
      ],
    ],
    [
      'filter',
      [`-A ${chain} -m limit --limit 2/sec --limit-burst 3 -j ACCEPT`, `-A ${chain} -j DROP`],
    ],
    [
      'filter',
      [
        `-A ${chain} -m hashlimit --hashlimit-upto 1/min --hashlimit-burst 2 --hashlimit-mode srcip --hashlimit-name h -j ACCEPT`,
        `-A ${chain} -j ${drop}`,
      ],
    ],
    ['filter', [`-A ${chain} -m conntrack --ctstate DNAT -j ${drop}`]],
    ['filter', [`-A ${chain} -m conntrack --ctdir REPLY -j DROP`]],
    ['filter', [`-A ${chain} -m conntrack --ctorigdst ${address} -j ${drop}`]],
    ['filter', [`-A ${chain} -m connmark --mark 9 -j ${drop}`]],
    ['filter', [`-A ${chain} -m ttl --ttl-lt 64 -j ${drop}`]],
    ['filter', [`-A ${chain} -m length --length 1000:65535 -j ${drop}`]],
    ['filter', [`-A ${chain} -f -j DROP`]],
    [
      'filter',
      [
        `-A ${chain} -m pkttype --pkt-type unicast -m statistic --mode nth --every 2 --packet 0 -j ${drop}`,
      ],
    ],
    [
      'filter',
      [`-A ${chain} -p tcp -m connlimit --connlimit-above 1 --connlimit-mask 32 -j ${drop}`],
    ],
    ['mangle', ['-A PREROUTING -m conntrack --ctstate NEW -j CONNMARK --set-mark 9']],
    ['mangle', ['-A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu']],
    ['mangle', ['-A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 500']],
    ['mangle', ['-A PREROUTING -j TTL --ttl-inc 1']],
    [
      'mangle',
      [`-A ${draft.pick(['PREROUTING', 'POSTROUTING', 'OUTPUT'])} -p udp -j DSCP --set-dscp 10`],
    ],
    ['raw', ['-A PREROUTING -p tcp -m tcp --dport 80 -j CT --notrack']],
    ['raw', ['-A PREROUTING -p udp -j CT --notrack']],
    ['raw', ['-A OUTPUT -p tcp -j CT --notrack']],
    ['raw', ['-A PREROUTING -p tcp -m tcp --sport 80 -j CT --notrack']],
  ]);
  draft.table(name, table).rules.push(...rules);
  draft.note(`${name}: ${table} ${rules.join(', ')}`);
}

/** One rule that translates addresses or ports. */
export function translation(draft: Draft): void {
  const { name } = draft.pick(draft.ofRole('node', 'router', 'pod'));
  const to = fourTarget(draft);
  const from = fourTarget(draft);
  const rule = draft.pick([
    `-A PREROUTING -d 10.96.0.0/24 -p tcp -j DNAT --to-destination ${to}`,
    `-A PREROUTING -d 10.96.0.0/24 -j DNAT --to-destination ${to}`,
    `-A OUTPUT -d 10.96.0.0/24 -j DNAT --to-destination ${to}`,
    `-A PREROUTING -d ${from}/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination ${to}:8080`,
    `-A PREROUTING -d ${from}/32 -j DNAT --to-destination ${to}`,
    `-A PREROUTING -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080`,
    `-A OUTPUT -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080`,
    `-A PREROUTING -p udp -m udp --dport 81 -j DNAT --to-destination ${to}:53`,
    `-A POSTROUTING -p tcp -m tcp --dport 80 -j SNAT --to-source ${from}`,
    `-A POSTROUTING -p udp -j SNAT --to-source 10.9.9.9`,
    `-A POSTROUTING -p udp -j MASQUERADE --to-ports 50000`,
    `-A POSTROUTING -p tcp -j MASQUERADE --to-ports 50000`,
    `-A INPUT -p tcp -m tcp --dport 80 -j SNAT --to-source 10.9.9.9`,
    `-A PREROUTING -d 10.96.0.0/24 -j NETMAP --to 10.244.1.0/24`,
  ]);
  draft.table(name, 'nat').rules.push(rule);
  draft.targets.push({ address: draft.pick(['10.96.0.2', '10.96.0.3']), ports: [80, 81] });
  draft.note(`${name}: nat ${rule}`);
}

/** A set that rules look in; it is made, filled and used before the first probe. */
export function setRule(draft: Draft): void {
  const { name: ns } = draft.pick(draft.netns.filter(({ role }) => role !== 'switch'));
  const name = `s${draft.steps.length}`;
  const address = fourTarget(draft);
  const [kind, entry, direction] = draft.pick<readonly [string, string, string]>([
    ['hash:ip', address, 'dst'],
    ['hash:ip', address, 'src'],
    ['hash:net', address.replace(/\d+$/, '0/24'), 'dst'],
    ['hash:ip,port', `${address},tcp:80`, 'dst,dst'],
    ['hash:ip,port', `${address},udp:53`, 'dst,dst'],
    ['hash:net,port', `${address.replace(/\d+$/, '0/24')},tcp:80`, 'src,dst'],
    ['bitmap:port', '80', 'dst'],
  ]);
  const range = kind === 'bitmap:port' ? ' range 0-65535' : '';
  const command = (op: 'ipset' | 'iptables', args: string) => {
    draft.steps.push({ change: { op, ns, args } });
  };
  command('ipset', `create ${name} ${kind}${range}`);
  command('ipset', `add ${name} ${entry}`);
  const chain = draft.pick(['INPUT', 'FORWARD', 'OUTPUT']);
  const not = draft.oneIn(4) ? '! ' : '';
  const verdict = draft.pick(['DROP', 'REJECT']);
  const rule = `-A ${chain} -m set ${not}--match-set ${name} ${direction} -j ${verdict}`;
  command('iptables', `-t filter ${rule}`);
  draft.note(`${ns}: ${kind} ${entry}, ${rule}`);
}

/** Bridged packets do not pass iptables. */
export function bridgedPast(draft: Draft): void {
  const node = draft.maybe(draft.ofRole('node'));
  if (node === undefined) return;
  node.sysctl['net.bridge.bridge-nf-call-iptables'] = 0;
  draft.note(`${node.name}: bridge-nf-call-iptables=0`);
}

function fourTarget(draft: Draft): string {
  return draft.pick(draft.targets.filter(({ address }) => !address.includes(':'))).address;
}
