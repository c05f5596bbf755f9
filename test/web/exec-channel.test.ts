import { describe, expect, test } from '@jest/globals';
import { newestLines } from '../../web/inspector/follow-log.js';
import { endOf, execPath } from '../../web/terminal/exec-channel.js';

describe('the way to a shell', () => {
  test('is below the path of the cluster, one parameter for each word', () => {
    const target = {
      base: '/clusters/two',
      namespace: 'shop',
      pod: 'web-0',
      container: 'nginx',
      command: ['sh', '-c'],
    };
    expect(execPath(target)).toBe(
      '/clusters/two/api/v1/namespaces/shop/pods/web-0/exec?container=nginx&stdin=true&stdout=true&tty=true&command=sh&command=-c',
    );
  });
});

describe('the end of a shell', () => {
  test.each([
    ['{"status":"Success"}', { kind: 'exited', code: 0 }],
    [
      '{"status":"Failure","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"7"}]}}',
      { kind: 'exited', code: 7 },
    ],
    [
      '{"status":"Failure","reason":"InternalError","message":"no such thing"}',
      { kind: 'failed', message: 'no such thing' },
    ],
    ['not JSON', { kind: 'failed', message: 'not JSON' }],
  ])('is read from %s', (text, end) => {
    expect(endOf(text)).toEqual(end);
  });
});

describe('a long log', () => {
  test('keeps its newest 2000 lines', () => {
    const text = Array.from({ length: 2500 }, (_, index) => `line ${index}\n`).join('');
    expect(newestLines(text).split('\n').slice(0, 2)).toEqual(['line 500', 'line 501']);
  });

  test('that is short stays as it is', () => {
    expect(newestLines('one\ntwo\n')).toBe('one\ntwo\n');
  });

  test('begins with a whole line when it is cut by its length', () => {
    const text = `${'x'.repeat(999_990)}\n${'y'.repeat(50)}\n`;
    expect(newestLines(text)).toBe(`${'y'.repeat(50)}\n`);
  });
});
