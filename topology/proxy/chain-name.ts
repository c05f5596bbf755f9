import { base32, sha256 } from './sha256.js';

/** Prefixes of the chains that belong to one port of a Service (pkg/proxy/iptables/proxier.go). */
export type PortChainKind = 'SVC' | 'SVL' | 'EXT' | 'FW' | 'SEP';

/**
 * `KUBE-SVC-` and the like with the first 16 characters of the hash of what the chain stands for, so that names stay
 * within the 28 octets of a chain name. `portName` is `namespace/name:port`; endpoints add their `ip:port`.
 */
export function chainName(
  kind: PortChainKind,
  portName: string,
  protocol: string,
  endpoint = '',
): string {
  const hash = base32(sha256(`${portName}${protocol.toLowerCase()}${endpoint}`)).slice(0, 16);
  return `KUBE-${kind}-${hash}`;
}
