import { fail, ok, type Result } from '../base/index.js';
import { truncated, type WireError } from './error.js';
import { get32, put32 } from './octets.js';

/** Virtual eXtensible LAN, RFC 7348: the header between UDP and the inner frame. */
export const VXLAN_HEADER_BYTES = 8;

/** The port that IANA gave VXLAN. */
export const VXLAN_PORT = 4789;

/** The port Linux used before that, still its default and flannel's. */
export const VXLAN_LINUX_PORT = 8472;

/** Destination ports whose datagrams are read as VXLAN unless the caller names others. */
export const VXLAN_PORTS: ReadonlySet<number> = new Set([VXLAN_PORT, VXLAN_LINUX_PORT]);

const VNI_VALID = 0x08000000;

/** Writes the header; `vni` has 24 bits. */
export function writeVxlanHeader(octets: Uint8Array, at: number, vni: number): void {
  put32(octets, at, VNI_VALID);
  put32(octets, at + 4, (vni & 0xffffff) << 8);
}

/** Reads the VNI. Failures: `wire/truncated`, `wire/bad-field` when the I flag is not set. */
export function parseVxlanHeader(octets: Uint8Array): Result<{ readonly vni: number }, WireError> {
  if (octets.length < VXLAN_HEADER_BYTES) {
    return fail(truncated('vxlan', VXLAN_HEADER_BYTES, octets.length));
  }
  const flags = octets[0] ?? 0;
  if ((flags & 0x08) === 0) {
    const must = '0x08 (VNI valid)';
    return fail({ code: 'wire/bad-field', layer: 'vxlan', field: 'flags', value: flags, must });
  }
  return ok({ vni: get32(octets, 4) >>> 8 });
}
