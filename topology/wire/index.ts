export * from './arp.js';
export * from './checksum.js';
export * from './describe.js';
export * from './dissect.js';
export * from './dns.js';
export * from './dns-name.js';
export {
  DNS_CLASS_IN,
  DNS_TYPE,
  type DnsRecord,
  dnsTypeName,
} from './dns-record.js';
export { describeDns } from './dns-text.js';
export * from './error.js';
export * from './ethernet.js';
export * from './fragment.js';
export * from './frame.js';
export * from './icmp.js';
export * from './ipv4.js';
export * from './ipv6.js';
export * from './ndp.js';
export * from './octets.js';
export * from './packet.js';
export * from './pcapng.js';
export * from './picture.js';
export * from './quote.js';
export * from './size.js';
export * from './tcp.js';
export * from './text.js';
export * from './udp.js';
export * from './vxlan.js';
