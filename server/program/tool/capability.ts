import { DEFAULT_CAPABILITIES } from '../capabilities.js';
import type { ToolIo } from './tool.js';

/** Capabilities that tools ask for. */
export type Capability = 'NET_ADMIN' | 'NET_RAW' | 'SYS_ADMIN';

/**
 * Whether the process of a tool has a capability in its effective set.
 *
 * A process of another user than root has none: Kubernetes sets no ambient capabilities.
 */
export function hasCapability(io: ToolIo, capability: Capability): boolean {
  if (io.sys.uid !== 0) return false;
  const name = `CAP_${capability}`;
  const { security } = io.guest.request;
  return security?.capabilities.has(name) ?? DEFAULT_CAPABILITIES.includes(name);
}

/** Whether /proc/sys is mounted for writing where the tool runs. */
export function writesSysctls(io: ToolIo): boolean {
  return io.guest.request.security?.writesSysctls === true;
}
