/** Which recordings are compared with what podnet's tools print, and what of a text is not compared. */

/** Of the tools that send, receive and look at packets. */
export const CLIENTS = [
  'curl-connect-timeout',
  'curl-v-ok',
  'dig-closed',
  'nslookup-noroute',
  'arping-dad-dup',
  'arping-none',
  'arping-ok',
  'bb-arping-ok',
  'bb-traceroute-prohibited',
  'traceroute-noroute',
  'bb-nc-refused',
  'bb-nc-timeout',
  'bb-nslookup-closed',
  'bb-ping-ok',
  'bb-ping-unreachable',
  'bb-telnet-refused',
  'bb-traceroute-blackhole',
  'bb-traceroute-ok',
  'bb-wget-ok',
  'bb-wget-refused',
  'curl-localhost-refused',
  'curl-noroute',
  'curl-ok',
  'curl-prohibited',
  'curl-svc-ok',
  'getent-hosts-etc',
  'nc-listen-inuse',
  'nc-udp-refused',
  'nc-vz-noroute',
  'nc-vz-refused',
  'nc-vz-timeout',
  'nslookup-closed-resolver',
  'nslookup-dead-resolver',
  'ping-badname',
  'ping-broadcast',
  'ping-clusterip',
  'ping-df-too-big',
  'ping-localhost',
  'ping-noroute',
  'ping-ok',
  'ping-q',
  'ping-self',
  'ping-timeout',
  'ping-ttl1',
  'ping6-unreachable',
  'traceroute-blackhole',
  'traceroute-dead-pod',
  'traceroute-icmp',
  'traceroute-prohibited',
  'traceroute-ratelimited-1',
] as const;

/** Of the tools that show state. */
export const STATE = [
  'bb-netstat-ltn',
  'bridge-link',
  'ip-addr-node',
  'ip-d-link',
  'ip-j-addr',
  'ip-link',
  'ip-route-get',
  'ip-route-get-noroute',
  'ip-route-table-local',
  'ip-rule',
  'ipcs-all',
  'ipcs-q-empty',
  'ipcs-q-one',
  'ss-ltn',
  'ss-ltnp',
  'ss-lun',
  'ss-s',
  'ss-tan-empty',
  'sysctl-net',
] as const;

/** Of those that show neighbours, after a ping. */
export const NEIGHBOURS = ['arp-n', 'bb-ip-neigh', 'ip-neigh-failed'] as const;

/** Times, identifiers and counts of milliseconds are not compared. */
export function mask(text: string): string {
  return text
    .replaceAll('\r', '\n')
    .replace(/^\d\d:\d\d:\d\d\.\d{6}/gm, 'TIME')
    .replace(/\bid \d+/g, 'id N')
    .replace(/= [\d.]+(\/[\d.]+)+ ms/g, '= N')
    .replace(/\d+\.\d{3} ?ms/g, 'N ms')
    .replace(/time \d+ms/g, 'time N ms')
    .replace(/after \d+ ms/g, 'after N ms')
    .replace(/ +N ms/g, ' N ms');
}
