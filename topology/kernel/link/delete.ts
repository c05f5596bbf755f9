import type { NetDevice } from './device.js';

/** Removes a device for good, and with it the other end of a veth and the macvlans on top. */
export function deleteDevice(device: NetDevice): void {
  if (device.gone) return;
  device.gone = true;
  const { peer } = device;
  device.port?.bridge.removePort(device.port);
  for (const upper of device.uppers ?? []) {
    if (upper.device !== undefined) deleteDevice(upper.device);
  }
  device.netns.removeDevice(device);
  device.driver.removed(device);
  if (peer !== undefined) deleteDevice(peer);
}
