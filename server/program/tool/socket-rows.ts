import { formatIp, type Ip, isIpv4, type PortHolder } from '../../../topology/index.js';
import type { ToolIo } from './tool.js';

/**
 * Sockets in the order in which Linux lists them: of each protocol IPv4 before IPv6, listeners before connections.
 *
 * Fidelity: within these Linux goes by hashes that differ from boot to boot; here the highest listening port is first.
 */
export function socketsOf(io: ToolIo, proto: 'tcp' | 'udp'): readonly PortHolder[] {
  const all = (io.guest.request.viewer?.ports() ?? []).filter((each) => each.proto === proto);
  const shown = all.filter((each) => each.state !== 'CLOSED');
  const listeners = shown.filter((each) => each.state === 'LISTEN').reverse();
  const others = shown.filter((each) => each.state !== 'LISTEN');
  const rows = [...listeners, ...others];
  return [
    ...rows.filter(({ family }) => family === 'inet'),
    ...rows.filter(({ family }) => family === 'inet6'),
  ];
}

/** A pid as the tool's own PID namespace numbers it; undefined for processes outside of it. */
export function pidSeen(io: ToolIo, pid: number): number | undefined {
  const processes = io.guest.request.viewer?.processes() ?? [];
  return processes.find((process) => process.pid === pid)?.pidInNamespace;
}

/** Whether an address is the unspecified one. */
export function isUnspecified(address: Ip): boolean {
  return isIpv4(address) ? address === 0 : address === 0n;
}

/** Names of services from /etc/services, by `port/protocol`; empty where the image has no such file. */
export function serviceNames(io: ToolIo): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const read = io.files.readText('/etc/services');
  for (const line of read.ok ? read.value.split('\n') : []) {
    const [name, port] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (name !== undefined && port !== undefined && !names.has(port)) names.set(port, name);
  }
  return names;
}

/** An address in the spelling of `ss`: IPv6 in brackets. */
export function bracketed(address: Ip): string {
  return isIpv4(address) ? formatIp(address) : `[${formatIp(address)}]`;
}
