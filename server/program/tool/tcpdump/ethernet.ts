/** Frames: Ethernet, the cooked header of `-i any` (SLL2), and ARP (print-ether.c, print-sll.c, print-arp.c). */
import { ETHERTYPE } from '../../../../topology/index.js';
import { type Dissector, hex } from './dissector.js';
import { hexDump } from './hex.js';

const ETHERNET_BYTES = 14;
const MAX_LENGTH_VALUE = 1500;

/** Names of EtherTypes. */
const ETHERTYPES: ReadonlyMap<number, string> = new Map([
  [ETHERTYPE.ipv4, 'IPv4'],
  [ETHERTYPE.arp, 'ARP'],
  [ETHERTYPE.ipv6, 'IPv6'],
  [0x8100, '802.1Q'],
  [0x88cc, 'LLDP'],
  [0x8847, 'MPLS unicast'],
  [0x88a8, '802.1Q-QinQ'],
]);

/** A frame from its Ethernet header on; `length` is that of the whole frame. */
export function printEthernet(d: Dissector, at: number, length: number): void {
  d.protocol = 'ether';
  d.need(at, ETHERNET_BYTES);
  const type = d.u16(at + 12);
  if (d.style.link) {
    d.put(`${d.mac(at + 6)} > ${d.mac(at)}, `);
    putType(d, type);
    d.put(`, length ${length}: `);
  }
  if (printByType(d, type, at + ETHERNET_BYTES, length - ETHERNET_BYTES)) return;
  if (!d.style.link) {
    d.put(`${d.mac(at + 6)} > ${d.mac(at)}, `);
    putType(d, type);
    d.put(`, length ${length}: `);
  }
  d.put(hexDump(d.octets.subarray(at + ETHERNET_BYTES, d.end), { ascii: true }));
}

function putType(d: Dissector, type: number): void {
  if (type <= MAX_LENGTH_VALUE) {
    d.put('802.3');
    return;
  }
  const name = ETHERTYPES.get(type);
  if (d.style.quick) d.put(name ?? `Unknown Ethertype (0x${hex(type, 4)})`);
  else d.put(`ethertype ${name ?? 'Unknown'} (0x${hex(type, 4)})`);
}

function printByType(d: Dissector, type: number, at: number, length: number): boolean {
  switch (type) {
    case ETHERTYPE.ipv4:
      d.layers.ipv4(d, at, length);
      return true;
    case ETHERTYPE.ipv6:
      d.layers.ipv6(d, at, length);
      return true;
    case ETHERTYPE.arp:
      printArp(d, at, length);
      return true;
    default:
      return false;
  }
}

const SLL2_BYTES = 20;
const PACKET_TYPES = ['In', 'B', 'M', 'P', 'Out'];

/** A frame from the header of LINKTYPE_LINUX_SLL2 on; `deviceName` gives what an index is called. */
export function printSll2(
  d: Dissector,
  length: number,
  deviceName: (ifindex: number) => string,
): void {
  d.protocol = 'sll2';
  d.need(0, SLL2_BYTES);
  const type = d.u16(0);
  const ifindex = d.u32(4);
  d.put(`${deviceName(ifindex).padEnd(5)} `);
  d.put(`${(PACKET_TYPES[d.u8(10)] ?? 'Unknown').padEnd(3)} `);
  if (d.style.link) {
    d.put(`ifindex ${ifindex} `);
    if (d.u8(11) === 6) d.put(`${d.mac(12)} `);
    putType(d, type);
    d.put(`, length ${length}: `);
  }
  if (printByType(d, type, SLL2_BYTES, length - SLL2_BYTES)) return;
  d.put(hexDump(d.octets.subarray(SLL2_BYTES, d.end), { ascii: true }));
}

const ARP_OPERATIONS: readonly string[] = [
  '',
  'Request',
  'Reply',
  'Reverse Request',
  'Reverse Reply',
  '',
  '',
  '',
  'Inverse Request',
  'Inverse Reply',
];

function printArp(d: Dissector, at: number, length: number): void {
  d.protocol = 'arp';
  d.need(at, 8);
  const hardware = d.u16(at);
  const protocol = d.u16(at + 2);
  const hardwareBytes = d.u8(at + 4);
  const protocolBytes = d.u8(at + 5);
  const operation = d.u16(at + 6);
  if (!d.style.link) d.put('ARP, ');
  d.need(at, 8 + 2 * hardwareBytes + 2 * protocolBytes);
  if (protocol !== ETHERTYPE.ipv4 || protocolBytes !== 4 || d.style.verbosity > 0) {
    const medium = hardware === 1 ? 'Ethernet' : `Unknown Hardware (${hardware})`;
    const carried = ETHERTYPES.get(protocol) ?? `Unknown Protocol (0x${hex(protocol, 4)})`;
    d.put(`${medium} (len ${hardwareBytes}), ${carried} (len ${protocolBytes})`);
    if (d.style.verbosity === 0) return;
    d.put(', ');
  }
  const senderMac = at + 8;
  const senderIp = senderMac + hardwareBytes;
  const targetMac = senderIp + protocolBytes;
  const targetIp = targetMac + hardwareBytes;
  d.put(`${ARP_OPERATIONS[operation] || `Unknown (${operation})`} `);
  if (operation === 1) {
    d.put(`who-has ${d.ipv4(targetIp)}`);
    if (d.octets.subarray(targetMac, targetIp).some((octet) => octet !== 0)) {
      d.put(` (${d.mac(targetMac)})`);
    }
    d.put(` tell ${d.ipv4(senderIp)}`);
  } else if (operation === 2) d.put(`${d.ipv4(senderIp)} is-at ${d.mac(senderMac)}`);
  else if (operation === 3 || operation === 8) {
    d.put(`who-is ${d.mac(targetMac)} tell ${d.mac(senderMac)}`);
  } else if (operation === 4) d.put(`${d.mac(targetMac)} at ${d.ipv4(targetIp)}`);
  else if (operation === 9) d.put(`${d.mac(senderMac)} at ${d.ipv4(senderIp)}`);
  d.put(`, length ${length}`);
}
