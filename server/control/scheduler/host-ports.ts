import type { Pod } from '../../contract/kube.js';

const ANY = '0.0.0.0';

interface Claim {
  readonly ip: string;
  readonly port: string;
}

/** The host ports that pods of one node claim (upstream `HostPortInfo`). */
export class HostPorts {
  private readonly claims = new Map<string, Map<string, number>>();

  add(pod: Pod): void {
    for (const { ip, port } of claimsOf(pod)) {
      const ips = this.claims.get(port) ?? new Map<string, number>();
      ips.set(ip, (ips.get(ip) ?? 0) + 1);
      this.claims.set(port, ips);
    }
  }

  remove(pod: Pod): void {
    for (const { ip, port } of claimsOf(pod)) {
      const ips = this.claims.get(port);
      const count = ips?.get(ip) ?? 0;
      if (count > 1) ips?.set(ip, count - 1);
      else ips?.delete(ip);
    }
  }

  /** Whether the pod claims a port that another holds; the wildcard address meets every other. */
  conflicts(claims: readonly Claim[]): boolean {
    return claims.some(({ ip, port }) => {
      const ips = this.claims.get(port);
      if (ips === undefined || ips.size === 0) return false;
      return ip === ANY || ips.has(ANY) || ips.has(ip);
    });
  }
}

/** The host ports a pod claims. */
export function claimsOf(pod: Pod): readonly Claim[] {
  const claims: Claim[] = [];
  const sidecars = (pod.spec.initContainers ?? []).filter((one) => one.restartPolicy === 'Always');
  for (const container of [...sidecars, ...pod.spec.containers]) {
    for (const { hostPort, hostIP, protocol, containerPort } of container.ports ?? []) {
      const port = hostPort ?? (pod.spec.hostNetwork === true ? containerPort : 0);
      if (port === 0) continue;
      claims.push({ ip: hostIP || ANY, port: `${protocol ?? 'TCP'}/${port}` });
    }
  }
  return claims;
}
