import { complete } from './words.js';

/** What `ip` has commands for, in the order in which iproute2 tries abbreviations (ip.c, `cmds`). */
const OBJECTS = [
  'address',
  'addrlabel',
  'maddress',
  'route',
  'rule',
  'neighbor',
  'neighbour',
  'ntable',
  'ntbl',
  'link',
  'l2tp',
  'fou',
  'ila',
  'macsec',
  'tunnel',
  'tunl',
  'tuntap',
  'tap',
  'token',
  'tcpmetrics',
  'monitor',
  'xfrm',
  'mroute',
  'mrule',
  'netns',
  'netconf',
  'vrf',
  'sr',
  'nexthop',
  'mptcp',
  'ioam',
  'help',
  'stats',
] as const;

/** A word that `ip` takes as its object. */
export type IpObject = (typeof OBJECTS)[number];

/** The object that a word names or abbreviates; undefined when `ip` knows none. */
export function findIpObject(word: string): IpObject | undefined {
  return complete(word, OBJECTS);
}
