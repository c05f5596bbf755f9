import {
  type BridgePort,
  formatMac,
  type Mac,
  type NetDevice,
  type NetNamespace,
  portStateName,
} from '../../../topology/index.js';
import type { Entry } from './iproute-entry.js';

const PRIORITY = 0x8000;

/** `8000.2:0:0:0:0:1`: octets of a bridge's id as iproute2 writes them. */
function bridgeId(mac: Mac): string {
  const octets = formatMac(mac)
    .split(':')
    .map((octet) => Number.parseInt(octet, 16).toString(16));
  return `${PRIORITY.toString(16)}.${octets.join(':')}`;
}

/**
 * Settings of a bridge in `ip -d link`.
 *
 * Fidelity: the spanning tree is off and multicast is flooded; timers do not run, and settings are Linux's own.
 */
export function putBridge(entry: Entry, bridge: NetDevice): void {
  const id = bridgeId(bridge.mac);
  const numbers = (pairs: readonly (readonly [key: string, value: number, word?: string])[]) => {
    for (const [key, value, word = key] of pairs) entry.put(key, value, `${word} ${value} `);
  };
  numbers([
    ['forward_delay', 1500],
    ['hello_time', 200],
    ['max_age', 2000],
    ['ageing_time', 30000],
    ['stp_state', 0],
    ['priority', PRIORITY],
    ['vlan_filtering', 0],
  ]);
  entry.put('bridge_id', id, `bridge_id ${id} `);
  entry.put('root_id', id, `designated_root ${id} `);
  numbers([
    ['root_port', 0],
    ['root_path_cost', 0],
    ['topology_change', 0],
    ['topology_change_detected', 0],
  ]);
  for (const key of ['hello_timer', 'tcn_timer', 'topology_change_timer', 'gc_timer'])
    entry.put(key, 0, `${key}    0.00 `);
  entry.put('group_fwd_mask', '0', 'group_fwd_mask 0 ');
  entry.put('group_addr', '01:80:c2:00:00:00', 'group_address 01:80:c2:00:00:00 ');
  numbers([
    ['mcast_snooping', 0],
    ['no_linklocal_learn', 0],
    ['mcast_vlan_snooping', 0],
    ['mcast_router', 1],
    ['mcast_query_use_ifaddr', 0],
    ['mcast_querier', 0],
    ['mcast_hash_elasticity', 16],
    ['mcast_hash_max', 4096],
    ['mcast_last_member_cnt', 2, 'mcast_last_member_count'],
    ['mcast_startup_query_cnt', 2, 'mcast_startup_query_count'],
    ['mcast_last_member_intvl', 100, 'mcast_last_member_interval'],
    ['mcast_membership_intvl', 26000, 'mcast_membership_interval'],
    ['mcast_querier_intvl', 25500, 'mcast_querier_interval'],
    ['mcast_query_intvl', 12500, 'mcast_query_interval'],
    ['mcast_query_response_intvl', 1000, 'mcast_query_response_interval'],
    ['mcast_startup_query_intvl', 3124, 'mcast_startup_query_interval'],
    ['mcast_stats_enabled', 0],
    ['mcast_igmp_version', 2],
    ['mcast_mld_version', 1],
    ['nf_call_iptables', 0],
    ['nf_call_ip6tables', 0],
    ['nf_call_arptables', 0],
  ]);
}

/** The number of a port, counted from 1 in order of attachment. */
function portNumber(port: BridgePort, netns: NetNamespace): number {
  const ports = netns.deviceList.filter((device) => device.port?.bridge === port.bridge);
  return ports.indexOf(port.device) + 1;
}

/** A setting that is on or off, by its key. */
type Switch = readonly [key: string, on: boolean];

/** Writes each setting as `KEY on` or `KEY off`. */
export function putSwitches(entry: Entry, switches: readonly Switch[]): void {
  for (const [key, on] of switches) entry.put(key, on, `${key} ${on ? 'on' : 'off'} `);
}

/** Settings of a port that `ip -d link` and `bridge -d link` both begin with. */
export function forwardingSwitches(port: BridgePort): readonly Switch[] {
  return [
    ['hairpin', port.hairpin],
    ['guard', false],
    ['root_block', false],
    ['fastleave', false],
    ['learning', port.learning],
    ['flood', true],
  ];
}

/** Settings of a bridge's port in `ip -d link`. */
export function putBridgePort(entry: Entry, port: BridgePort, netns: NetNamespace): void {
  const number = portNumber(port, netns);
  const id = PRIORITY + number;
  const { bridge } = port;
  const state = portStateName(port.state);
  entry.put('state', state, `state ${state} `);
  entry.put('priority', 32, 'priority 32 ');
  entry.put('cost', 2, 'cost 2 ');
  putSwitches(entry, forwardingSwitches(port));
  entry.put('id', `0x${id.toString(16)}`, `port_id 0x${id.toString(16)} `);
  entry.put('no', `0x${number.toString(16)}`, `port_no 0x${number.toString(16)} `);
  entry.put('designated_port', id, `designated_port ${id} `);
  entry.put('designated_cost', 0, 'designated_cost 0 ');
  const bridgeName = bridgeId(bridge.device?.mac ?? port.device.mac);
  entry.put('bridge_id', bridgeName, `designated_bridge ${bridgeName} `);
  entry.put('root_id', bridgeName, `designated_root ${bridgeName} `);
  for (const key of ['hold_timer', 'message_age_timer', 'forward_delay_timer'])
    entry.put(key, 0, `${key}    0.00 `);
  entry.put('topology_change_ack', 0, 'topology_change_ack 0 ');
  entry.put('config_pending', 0, 'config_pending 0 ');
  putSwitches(entry, [
    ['proxy_arp', false],
    ['proxy_arp_wifi', false],
  ]);
  entry.put('multicast_router', 1, 'mcast_router 1 ');
  entry.say('mcast_fast_leave off ');
  putSwitches(entry, [
    ['mcast_flood', true],
    ['bcast_flood', true],
    ['mcast_to_unicast', false],
    ['neigh_suppress', false],
  ]);
  entry.put('group_fwd_mask', '0', 'group_fwd_mask 0 ');
  entry.put('group_fwd_mask_str', '0x0', 'group_fwd_mask_str 0x0 ');
  putSwitches(entry, [
    ['vlan_tunnel', false],
    ['isolated', port.isolated],
    ['locked', false],
  ]);
}
