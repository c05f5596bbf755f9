/** Tools that show and change the state of a container's network. */
import { bridge } from './bridge.js';
import { ip } from './ip.js';
import { arp, ethtool, ifconfig, route } from './net-config.js';
import { netstat } from './netstat.js';
import { ss } from './ss.js';
import { sysctl } from './sysctl.js';
import type { Tool } from './tool.js';

/** By name. */
export const IP_TOOLS: Readonly<Record<string, Tool>> = {
  ip,
  bridge,
  ss,
  netstat,
  arp,
  route,
  ifconfig,
  ethtool,
  sysctl,
};
