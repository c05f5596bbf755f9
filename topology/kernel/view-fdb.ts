import { formatIp, formatMac, type Ip, type Mac } from '../addr/index.js';
import { SECOND } from '../base/index.js';
import type { NetDevice } from './link/device.js';
import { Vxlan } from './link/vxlan.js';
import { bridgeOf } from './netns/namespace.js';

/** A row of `bridge fdb show`: of a bridge, or of a tunnel. */
export interface FdbView {
  /** The device whose forwarding database it is in: a bridge or a tunnel. */
  readonly bridge: string;
  readonly mac: Mac;
  /** Where frames to this address leave: a port of the bridge, or the tunnel itself. */
  readonly port: string;
  /** The address of a device of the bridge itself. */
  readonly local: boolean;
  /** Does not age. */
  readonly permanent: boolean;
  /** The tunnel end that owns the address. */
  readonly dst: Ip | undefined;
  /** Seconds since the address was last seen; 0 for what does not age. */
  readonly ageSeconds: number;
  /** As `bridge fdb show` prints it. */
  readonly line: string;
}

/** The forwarding database of a device; empty when it has none. */
export function viewFdb(device: NetDevice, nowNs: number): FdbView[] {
  if (device.driver instanceof Vxlan) return tunnelRows(device, device.driver, nowNs);
  const bridge = bridgeOf(device);
  if (bridge === undefined) return [];
  return Array.from(bridge.fdb.all)
    .filter((entry) => entry.alive(nowNs))
    .map((entry) => {
      const port = entry.port?.device.name ?? device.name;
      const line = `${formatMac(entry.mac)} dev ${port} master ${device.name}`;
      return {
        bridge: device.name,
        mac: entry.mac,
        port,
        local: entry.local,
        permanent: entry.local,
        dst: undefined,
        ageSeconds: entry.local ? 0 : secondsSince(entry.seenNs, nowNs),
        line: entry.local ? `${line} permanent` : line,
      };
    });
}

/** What a tunnel knows of MAC addresses beyond it, the newest first; nothing for other devices. */
export function tunnelEntries(device: NetDevice): readonly {
  readonly mac: Mac;
  readonly dst: Ip;
  readonly permanent: boolean;
  readonly ageSeconds: number;
}[] {
  if (!(device.driver instanceof Vxlan)) return [];
  const { nowNs } = device.netns;
  return [...device.driver.entries(nowNs)]
    .reverse()
    .flatMap(({ mac, permanent, remotes, seenNs }) =>
      remotes.map((dst) => {
        const ageSeconds = permanent ? 0 : secondsSince(seenNs, nowNs);
        return { mac, dst, permanent, ageSeconds };
      }),
    );
}

function tunnelRows(device: NetDevice, tunnel: Vxlan, nowNs: number): FdbView[] {
  return tunnel.entries(nowNs).flatMap((entry) =>
    entry.remotes.map((dst) => {
      const line = `${formatMac(entry.mac)} dev ${device.name} dst ${formatIp(dst)} self`;
      return {
        bridge: device.name,
        mac: entry.mac,
        port: device.name,
        local: false,
        permanent: entry.permanent,
        dst,
        ageSeconds: entry.permanent ? 0 : secondsSince(entry.seenNs, nowNs),
        line: entry.permanent ? `${line} permanent` : line,
      };
    }),
  );
}

function secondsSince(seenNs: number, nowNs: number): number {
  return Math.floor((nowNs - seenNs) / SECOND);
}
