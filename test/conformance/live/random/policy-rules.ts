import { blank, type Draft, type DraftRoute } from './draft.js';
import { serve, target } from './shapes.js';

/** Two hosts with a link each to two routers: packets may come back another way than they went. */
export function twoWays(draft: Draft): void {
  const routers = draft.oneIn(3) ? ['r1'] : ['r1', 'r2'];
  for (const name of ['a', ...routers, 'b']) {
    const router = name.startsWith('r');
    draft.add(name, router ? 'router' : 'pod', router ? { 'net.ipv4.ip_forward': 1 } : {});
    draft.sources.push(name);
  }
  for (const link of [1, 2]) {
    const router = routers[link - 1] ?? 'r1';
    for (const [host, net] of [
      ['a', link],
      ['b', link + 2],
    ] as const) {
      const outside = `${host === 'a' ? 'left' : 'right'}${link}`;
      draft.veth(
        blank(host, `eth${link - 1}`, [`10.${net}.0.1/24`]),
        blank(router, outside, [`10.${net}.0.2/24`]),
      );
      target(draft, `10.${net}.0.1`);
    }
    target(draft, `10.${link}.0.2`);
  }
  for (const [host, far] of [
    ['a', 2],
    ['b', 0],
  ] as const) {
    const own = host === 'a' ? 0 : 2;
    const first = draft.pick([1, 2]);
    const way = (link: number): Partial<DraftRoute> => ({
      via: `10.${own + link}.0.2`,
      dev: `eth${link - 1}`,
    });
    draft.route(host, 'default', way(first));
    if (draft.oneIn(2)) draft.route(host, 'default', { ...way(3 - first), metric: 100 });
    if (draft.oneIn(3)) draft.route(host, `10.${far + draft.pick([1, 2])}.0.0/24`, way(3 - first));
    if (draft.oneIn(3)) {
      const dst = `10.${far + 1}.0.1/32`;
      draft.route(host, dst, { ...way(first), src: `10.${own + 3 - first}.0.1` });
    }
  }
  serve(draft);
}

/** A rule that looks in another table, with a route in it, or none. */
export function tableRule(draft: Draft): void {
  const ways = draft.routes.filter(({ via, type }) => via !== undefined && type === undefined);
  const way = draft.maybe(ways.filter(({ via }) => via?.includes(':') !== true));
  if (way === undefined) return;
  const { ns } = way;
  const table = 100 + draft.policies.length;
  const all = draft.targets.filter(({ address }) => !address.includes(':'));
  const own = draft.devices().filter((device) => device.ns === ns && device.addrs.length > 0);
  const { address } = draft.pick(all);
  const device = draft.pick(own);
  const selector = draft.pick([
    `from ${address}`,
    `from ${device.addrs[0]?.split('/')[0] ?? address}`,
    `to ${address}`,
    `fwmark 7`,
    `fwmark 0x7/0xf`,
    `iif ${device.if}`,
    'iif lo',
    `oif ${device.if}`,
    `not from ${address}`,
  ]);
  const action = draft.pick([
    `table ${table}`,
    `table ${table}`,
    `table ${table}`,
    'table main suppress_prefixlength 0',
    'prohibit',
    'unreachable',
    'blackhole',
  ]);
  draft.policies.push({ ns, args: `${selector} ${action} pref ${draft.pick([100, 200, 40_000])}` });
  if (action.startsWith('table 1')) {
    const other = draft.pick(ways.filter((each) => each.ns === ns));
    const kind = draft.rng.below(6);
    if (kind < 4) {
      const { via, dev } = other;
      if (via !== undefined && dev !== undefined) draft.route(ns, 'default', { via, dev, table });
    } else if (kind === 4) {
      draft.route(ns, 'default', { type: draft.pick(['unreachable', 'throw', 'prohibit']), table });
    }
  }
  draft.note(`${ns}: rule ${selector} ${action}`);
  if (selector.includes('fwmark') && !draft.oneIn(4)) markPackets(draft, ns);
}

function markPackets(draft: Draft, ns: string): void {
  const chain = draft.pick(['PREROUTING', 'OUTPUT']);
  const match = draft.pick(['-p tcp', '-p udp', '-p icmp', '-p tcp -m tcp --dport 80', '']);
  const rule = `-A ${chain} ${match} -j MARK --set-mark 7`.replace('  ', ' ');
  draft.table(ns, 'mangle').rules.push(rule);
  draft.note(`${ns}: mangle ${rule}`);
}

/** A connection's mark comes back to the packets of its replies, which are routed by it. */
export function markedReplies(draft: Draft): void {
  const routers = draft.ofRole('router', 'node', 'pod');
  const { name } = draft.pick(routers);
  draft
    .table(name, 'mangle')
    .rules.push(
      '-A PREROUTING -m conntrack --ctstate NEW -j MARK --set-mark 7',
      '-A PREROUTING -m conntrack --ctstate NEW -j CONNMARK --save-mark',
      '-A PREROUTING -m connmark --mark 7 -j CONNMARK --restore-mark',
      '-A OUTPUT -m connmark --mark 7 -j CONNMARK --restore-mark',
    );
  draft.note(`${name}: marks of connections`);
  const way = draft.maybe(draft.routes.filter(({ ns, via }) => ns === name && via !== undefined));
  if (way?.via === undefined || way.dev === undefined || way.via.includes(':')) return;
  const table = 100 + draft.policies.length;
  draft.policies.push({ ns: name, args: `fwmark 7 table ${table}` });
  draft.route(name, 'default', { via: way.via, dev: way.dev, table });
}

/** Where packets may come from is checked, loosely or strictly. */
export function reversePath(draft: Draft): void {
  const { name, sysctl } = draft.pick(draft.netns.filter(({ role }) => role !== 'switch'));
  const value = draft.pick([1, 1, 2]);
  sysctl['net.ipv4.conf.all.rp_filter'] = value;
  if (draft.oneIn(3)) sysctl['net.ipv4.conf.all.src_valid_mark'] = 1;
  draft.note(`${name}: rp_filter=${value}`);
}
