import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeUtf8, encodeUtf8 } from '../../../topology/wire/index.js';

test('text is encoded and decoded as TextEncoder and TextDecoder do', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(encodeUtf8(text)).toEqual(new TextEncoder().encode(text));
      expect(decodeUtf8(encodeUtf8(text))).toBe(
        new TextDecoder('utf-8', { ignoreBOM: true }).decode(encodeUtf8(text)),
      );
    }),
    { seed: 1 },
  );
});

test('octets that are no UTF-8 become replacement characters', () => {
  expect(decodeUtf8(Uint8Array.of(0x61, 0xff, 0x62))).toBe('a\ufffdb');
  expect(decodeUtf8(Uint8Array.of(0xed, 0xa0, 0x80))).toContain('\ufffd');
});
