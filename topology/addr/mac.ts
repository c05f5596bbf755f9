import { fail, ok, type Result } from '../base/index.js';

/** A 48-bit Ethernet address as a number: compares with `===`, never shifted. */
export type Mac = number & { readonly brand: 'mac' };

/** ff:ff:ff:ff:ff:ff. */
export const MAC_BROADCAST = 0xffffffffffff as Mac;
/** 00:00:00:00:00:00, "not known" in ARP requests and fdb entries. */
export const MAC_ZERO = 0 as Mac;

/** Reads six hexadecimal octets separated by colons. */
export function parseMac(text: string): Result<Mac, string> {
  if (!/^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$/.test(text)) {
    return fail(`must be six octets such as 02:00:00:00:00:01, not '${text}'`);
  }
  return ok(Number.parseInt(text.replaceAll(':', ''), 16) as Mac);
}

/** Writes `02:00:00:00:00:01`. */
export function formatMac(mac: Mac): string {
  return (mac.toString(16).padStart(12, '0').match(/../g) ?? []).join(':');
}

/** True for group addresses, broadcast included (lowest bit of the first octet). */
export function isMulticastMac(mac: Mac): boolean {
  return Math.floor(mac / 0x10000000000) % 2 === 1;
}
