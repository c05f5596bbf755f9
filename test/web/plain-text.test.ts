import { describe, expect, test } from '@jest/globals';
import { plainText } from '../../web/model/plain-text.js';

describe('what a program printed', () => {
  test.each([
    ['colours', '\u001b[1;31merror\u001b[0m: no', 'error: no'],
    ['cursor moves', 'a\u001b[2K\u001b[1Gb', 'ab'],
    ['titles of windows', '\u001b]0;title\u0007text', 'text'],
    ['links', '\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\', 'link'],
    ['line ends of other systems', 'one\r\ntwo\rthree', 'one\ntwo\nthree'],
    ['bells and other controls', 'a\u0007b\u0000c\td', 'abc\td'],
    ['nothing', 'plain\ntext', 'plain\ntext'],
  ])('loses %s', (_what, text, shown) => {
    expect(plainText(text)).toBe(shown);
  });
});
