/** Names of ports, from /etc/services of Debian as far as they are seen in clusters. */

const SERVICES: readonly (readonly [
  name: string,
  port: number,
  protocols: 'tcp' | 'udp' | 'both',
])[] = [
  ['echo', 7, 'both'],
  ['discard', 9, 'both'],
  ['daytime', 13, 'both'],
  ['ftp-data', 20, 'tcp'],
  ['ftp', 21, 'tcp'],
  ['ssh', 22, 'tcp'],
  ['telnet', 23, 'tcp'],
  ['smtp', 25, 'tcp'],
  ['time', 37, 'both'],
  ['domain', 53, 'both'],
  ['bootps', 67, 'udp'],
  ['bootpc', 68, 'udp'],
  ['tftp', 69, 'udp'],
  ['http', 80, 'tcp'],
  ['kerberos', 88, 'both'],
  ['pop3', 110, 'tcp'],
  ['sunrpc', 111, 'both'],
  ['ntp', 123, 'udp'],
  ['netbios-ns', 137, 'udp'],
  ['imap2', 143, 'tcp'],
  ['snmp', 161, 'both'],
  ['bgp', 179, 'tcp'],
  ['ldap', 389, 'both'],
  ['https', 443, 'both'],
  ['microsoft-ds', 445, 'both'],
  ['submission', 587, 'tcp'],
  ['ldaps', 636, 'both'],
  ['domain-s', 853, 'both'],
  ['imaps', 993, 'tcp'],
  ['pop3s', 995, 'tcp'],
  ['socks', 1080, 'tcp'],
  ['ms-sql-s', 1433, 'tcp'],
  ['nfs', 2049, 'both'],
  ['mysql', 3306, 'tcp'],
  ['ms-wbt-server', 3389, 'tcp'],
  ['sip', 5060, 'both'],
  ['xmpp-client', 5222, 'tcp'],
  ['mdns', 5353, 'udp'],
  ['postgresql', 5432, 'tcp'],
  ['amqp', 5672, 'tcp'],
  ['x11', 6000, 'tcp'],
  ['redis', 6379, 'tcp'],
  ['http-alt', 8080, 'both'],
  ['tproxy', 8081, 'tcp'],
  ['zabbix-agent', 10050, 'tcp'],
];

/** The name of a port; undefined for one without. */
export function serviceName(port: number, protocol: 'tcp' | 'udp'): string | undefined {
  return SERVICES.find(
    ([, known, of]) => known === port && (of === 'both' || of === protocol),
  )?.[0];
}

/** The port of a name, for a protocol or for any; undefined when no service is called so. */
export function servicePort(name: string, protocol?: string): number | undefined {
  return findService(name, protocol)?.port;
}

/** A service by its name (getservbyname(3)): the first protocol that has it, unless one is asked for. */
export function findService(
  name: string,
  protocol?: string,
): { readonly port: number; readonly protocol: 'tcp' | 'udp' } | undefined {
  for (const [known, port, of] of SERVICES) {
    if (known !== name) continue;
    const has = of === 'both' ? 'tcp' : of;
    if (protocol === undefined) return { port, protocol: has };
    if (of === 'both' || of === protocol)
      return { port, protocol: protocol === 'udp' ? 'udp' : 'tcp' };
  }
  return undefined;
}

/** A service by its port (getservbyport(3)). */
export function findServiceByPort(
  port: number,
  protocol?: string,
): { readonly name: string; readonly protocol: 'tcp' | 'udp' } | undefined {
  for (const of of ['tcp', 'udp'] as const) {
    if (protocol !== undefined && protocol !== of) continue;
    const name = serviceName(port, of);
    if (name !== undefined) return { name, protocol: of };
  }
  return undefined;
}
