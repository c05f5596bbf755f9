import { usageText } from './usage.js';

/** Of `ip help`. */
export const IP_USAGE = usageText(
  'ip [-4 -6 -0 -B] [-br] [-d] [-j] [-p] [-o] [-s] [-N] [-V] [-n NETNS] OBJECT ...',
  'where OBJECT is address, link, route, rule, neighbour, netns, maddress or monitor',
);

/** Of `ip address help`. */
export const ADDRESS_USAGE = usageText(
  'ip address show|flush [dev DEV] [scope SCOPE] [to PREFIX] [label PATTERN] [up] [FLAG]',
  'ip address add|change|replace PREFIX dev DEV [brd ADDR|+|-] [scope SCOPE] [nodad]',
  'ip address del PREFIX dev DEV',
);

/** Of `ip link help`. */
export const LINK_USAGE = usageText(
  'ip link show [dev DEV] [up] [master DEV] [type TYPE]',
  'ip link add [link DEV] [name] NAME [address MAC] [mtu N] [netns NAME] type TYPE ...',
  'ip link set [dev] DEV [up|down] [mtu N] [address MAC] [name NAME] [master DEV|nomaster]',
  '    [netns NAME] [txqueuelen N] [promisc|arp|multicast|allmulticast on|off] [alias TEXT] [type TYPE ...]',
  'ip link del [dev] DEV',
);

/** Of `ip route help`. */
export const ROUTE_USAGE = usageText(
  'ip route show|flush [PREFIX] [table TABLE] [dev DEV] [via ADDR] [proto PROTO] [scope SCOPE] [type TYPE]',
  'ip route get ADDR [from ADDR] [iif DEV] [oif DEV] [mark N] [ipproto PROTO] [sport N] [dport N]',
  'ip route add|change|replace|del [TYPE] PREFIX [via [inet6] ADDR] [dev DEV] [src ADDR]',
  '    [metric N] [table TABLE] [scope SCOPE] [proto PROTO] [mtu N] [onlink]',
);

/** Of `ip neigh help`. */
export const NEIGH_USAGE = usageText(
  'ip neigh show|flush [proxy] [to PREFIX] [dev DEV] [nud STATE]',
  'ip neigh get ADDR dev DEV',
  'ip neigh add|change|replace|del ADDR [lladdr MAC] [nud STATE] dev DEV',
  'ip neigh add|del proxy ADDR dev DEV',
);

/** Of `ip rule help`. */
export const RULE_USAGE = usageText(
  'ip rule show|flush',
  'ip rule add|del [not] [from PREFIX] [to PREFIX] [iif DEV] [oif DEV] [fwmark N[/MASK]]',
  '    [priority N] [suppress_prefixlength N] [table TABLE|unreachable|prohibit|blackhole]',
);

/** Of `ip netns help`. */
export const NETNS_USAGE = usageText(
  'ip netns show|list-id|identify',
  'ip netns add|del NAME',
  'ip netns attach NAME PID',
  'ip netns exec NAME COMMAND ...',
);

/** Of `ip maddress help`. */
export const MADDRESS_USAGE = usageText('ip maddress show [dev DEV]');

/** Of `bridge help`. */
export const BRIDGE_USAGE = usageText(
  'bridge [-d] [-j] [-p] [-o] [-s] [-V] [-n NETNS] link|fdb|mdb|vlan|monitor ...',
);
