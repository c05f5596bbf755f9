import type { Match } from '../ops.js';
import type { Extension } from './extension.js';

const COMMENT_MAX = 255;

/** Reads `-m comment`, which matches every packet. */
export function comment(): Extension<readonly Match[]> {
  let text = '';
  return {
    name: 'comment',
    options: {
      comment: {
        mandatory: true,
        read: (words) => {
          text = words.take();
          if (text.length > COMMENT_MAX) {
            const message = `Argument must have a maximum length of ${COMMENT_MAX} characters\n`;
            words.bad(text, message, `at most ${COMMENT_MAX} characters`);
          }
        },
      },
    },
    finish: () => [{ match: 'comment', text }],
  };
}
