import { constants, createInflate, deflateRawSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import { HEADER_DICTIONARY } from '../../../../server/stream/spdy/dictionary.js';
import { HeaderReader, HeaderWriter } from '../../../../server/stream/spdy/header-block.js';

const octets = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
let reader = new HeaderReader();

afterEach(() => {
  reader.close();
  reader = new HeaderReader();
});

/** A zlib stream without a dictionary, flushed; what a header block may be. */
const compressed = (raw: Uint8Array): Uint8Array =>
  Buffer.concat([octets('7801'), deflateRawSync(raw, { finishFlush: constants.Z_SYNC_FLUSH })]);

describe('SPDY header blocks', () => {
  test('have the dictionary of SPDY/3', () => {
    let [low, high] = [1, 0];
    for (const octet of HEADER_DICTIONARY) {
      low = (low + octet) % 65521;
      high = (high + low) % 65521;
    }
    expect(HEADER_DICTIONARY).toHaveLength(1423);
    expect([high.toString(16), low.toString(16)]).toEqual(['e3c6', 'a7c2']);
  });

  test('are read one after the other from one zlib stream, as another zlib wrote them', async () => {
    const first = octets('78f9e3c6a7c202a62346703a2b294a4dcc851625aca9a08006000000ffff');
    expect(await reader.read(first)).toEqual(new Map([['streamtype', 'error']]));
    const second = octets('c22a052a651201000000ffff');
    expect(await reader.read(second)).toEqual(new Map([['streamtype', 'data']]));
  });

  test('are written so that any zlib reads each at once', async () => {
    const writer = new HeaderWriter();
    const headers = new Map([
      ['streamtype', 'data'],
      ['port', '80'],
    ]);
    expect(await reader.read(writer.write(new Map()))).toEqual(new Map());
    expect(await reader.read(writer.write(headers))).toEqual(headers);
    const inflate = createInflate();
    const block = new HeaderWriter().write(new Map());
    expect(Buffer.from(block).toString('hex')).toBe('7801000400fbff00000000000000ffff');
    const first = await new Promise((resolve) => inflate.once('data', resolve).write(block));
    expect(first).toEqual(Buffer.from([0, 0, 0, 0]));
    inflate.close();
  });

  test.each([
    ['no zlib', octets('0102030405')],
    ['another dictionary', octets('78bb00000001')],
    ['fewer headers than it says', compressed(octets('00000001'))],
    ['octets after its headers', compressed(octets('0000000000'))],
    ['a name in capitals', compressed(octets('00000001000000014100000000'))],
    ['a name without letters', compressed(octets('000000010000000000000000'))],
    ['a name twice', compressed(octets('00000002000000016100000000000000016100000000'))],
    ['16 MB of zeros', compressed(new Uint8Array(16 * 1024 * 1024))],
  ])('are refused when they are %s, and so is all that follows', async (_name, block) => {
    expect(await reader.read(block)).toBeUndefined();
    expect(await reader.read(compressed(octets('00000000')))).toBeUndefined();
  });
});
