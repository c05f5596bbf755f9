import type { DropReason } from '../drop.js';
import type { Bridge } from './bridge.js';
import type { NetDevice } from './device.js';

/** BR_STATE_*: what `bridge link` shows as the state of a port. */
export const BRIDGE_PORT_STATE = {
  disabled: 0,
  listening: 1,
  learning: 2,
  forwarding: 3,
  blocking: 4,
} as const;

/** A device that is a port of a bridge (struct net_bridge_port). */
export class BridgePort {
  readonly device: NetDevice;
  readonly bridge: Bridge;
  state: number = BRIDGE_PORT_STATE.disabled;
  /** Disabled by hand; stays so until set to another state. */
  heldDown = false;
  hairpin = false;
  isolated = false;
  learning = true;

  constructor(device: NetDevice, bridge: Bridge) {
    this.device = device;
    this.bridge = bridge;
  }
}

/** Why a frame may not leave by a port (should_deliver), or undefined. */
export function refuses(from: BridgePort | undefined, to: BridgePort): DropReason | undefined {
  if (from === to && !to.hairpin) return 'bridge-same-port';
  if (to.state !== BRIDGE_PORT_STATE.forwarding) return 'bridge-port-down';
  if (from?.isolated === true && to.isolated) return 'bridge-isolated';
  return undefined;
}

/** The sentence for a reason that `refuses` gave. */
export function refusalText(to: BridgePort, reason: DropReason): string {
  const name = to.device.name;
  switch (reason) {
    case 'bridge-same-port':
      return `the frame would go back out of ${name}, where it came in, and hairpin mode is off there`;
    case 'bridge-isolated':
      return `${name} and the port it came in by are isolated from each other`;
    default:
      return to.device.driver.leadsTo !== undefined && !to.device.carrier
        ? `port ${name} has no carrier: the cable to ${to.device.driver.leadsTo} is unplugged, or what it leads to is off`
        : `port ${name} is ${portStateName(to.state)}`;
  }
}

/** The name of a BR_STATE_* number. */
export function portStateName(state: number): string {
  for (const [name, value] of Object.entries(BRIDGE_PORT_STATE)) if (value === state) return name;
  return String(state);
}
