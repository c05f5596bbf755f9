/** A name server for tests of tools that ask one. */
import type { ServiceRecord, ZoneSource } from '../../../server/program/index.js';
import { type Ip, parseIp } from '../../../topology/index.js';
import { type ContainerSpec, Lab } from './lab.js';

/** A container of an image with every tool. */
export const ANY: ContainerSpec = { image: { userland: 'any' } };

/** An address from its text. */
export function address(text: string): Ip {
  const parsed = parseIp(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

/** The Services by name. */
export const SERVICES: Readonly<Record<string, ServiceRecord>> = {
  web: {
    clusterIps: [address('10.96.0.7')],
    ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
    endpoints: [],
  },
  db: {
    clusterIps: [],
    ports: [],
    endpoints: [
      {
        address: address('10.244.1.5'),
        hostname: 'db-0',
        ports: [{ name: 'sql', protocol: 'TCP', port: 5432 }],
      },
      {
        address: address('10.244.2.5'),
        hostname: 'db-1',
        ports: [{ name: 'sql', protocol: 'TCP', port: 5432 }],
      },
    ],
  },
  out: { clusterIps: [], externalName: 'web.default.svc.cluster.local', ports: [], endpoints: [] },
};

const ZONE: ZoneSource = {
  domain: 'cluster.local',
  hasNamespace: (namespace) => namespace === 'default',
  lookupService: (_namespace, name) => SERVICES[name],
  findServiceByIp: (ip) =>
    ip === address('10.96.0.7') ? { namespace: 'default', name: 'web' } : undefined,
  findEndpointByIp: () => undefined,
};

/** A namespace in which CoreDNS answers for a few Services. */
export function withDns(): Lab {
  const lab = new Lab();
  lab.start({
    argv: ['/coredns', '-conf', '/etc/coredns/Corefile'],
    image: {
      programKind: 'coredns',
      entrypoint: ['/coredns'],
      cmd: [],
      userland: 'scratch',
      executables: ['/coredns'],
    },
    more: { zone: ZONE },
  });
  return lab;
}
