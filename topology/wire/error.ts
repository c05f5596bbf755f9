/** Layers that a wire error can speak of. */
export type WireLayer =
  | 'ethernet'
  | 'arp'
  | 'ipv4'
  | 'ipv6'
  | 'icmp'
  | 'udp'
  | 'tcp'
  | 'vxlan'
  | 'dns';

/** Why octets are not what they claim to be. Offsets and lengths count octets. */
export type WireError =
  | {
      readonly code: 'wire/truncated';
      readonly layer: WireLayer;
      readonly needBytes: number;
      readonly haveBytes: number;
    }
  | {
      readonly code: 'wire/bad-checksum';
      readonly layer: WireLayer;
      /** The value in the header, and the value that would be right. */
      readonly found: number;
      readonly expected: number;
    }
  | {
      readonly code: 'wire/bad-length';
      readonly layer: WireLayer;
      readonly field: string;
      readonly value: number;
    }
  | {
      readonly code: 'wire/bad-field';
      readonly layer: WireLayer;
      readonly field: string;
      readonly value: number;
      readonly must: string;
    };

/** A failed read: fewer octets than the header needs. */
export function truncated(layer: WireLayer, needBytes: number, haveBytes: number): WireError {
  return { code: 'wire/truncated', layer, needBytes, haveBytes };
}

/** One sentence for a person: what must be true and what was found. */
export function formatWireError(error: WireError): string {
  switch (error.code) {
    case 'wire/truncated':
      return `${error.layer}: must have at least ${error.needBytes} octets, has ${error.haveBytes}`;
    case 'wire/bad-checksum':
      return `${error.layer}: checksum must be 0x${hex4(error.expected)}, not 0x${hex4(error.found)}`;
    case 'wire/bad-length':
      return `${error.layer}: ${error.field} must fit the octets and the header, not ${error.value}`;
    case 'wire/bad-field':
      return `${error.layer}: ${error.field} must be ${error.must}, not ${error.value}`;
  }
}

function hex4(value: number): string {
  return value.toString(16).padStart(4, '0');
}
