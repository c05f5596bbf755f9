import { describe, expect, test } from '@jest/globals';
import { Lab } from './lab.js';

const DEBIAN = { reference: 'debian:12', userland: 'debian' } as const;

/** Types into a shell, a key or line at a time, and gives what the screen showed and the exit code. */
async function type(
  keys: readonly string[],
  argv: readonly string[] = ['sh'],
  image: object = {},
): Promise<{ screen: string; code: number | undefined }> {
  const lab = new Lab();
  const container = lab.start({ argv: ['sleep', 'infinity'], image });
  const { output, process, session } = lab.exec(container, { argv, terminal: true, stdin: true });
  session?.resize({ columns: 100, rows: 30 });
  await lab.run(1);
  for (const key of keys) {
    void session?.writeInput(new TextEncoder().encode(key));
    await lab.run(1);
  }
  return { screen: output.stdout, code: process.exitCode };
}

describe('a terminal', () => {
  test.each([
    [
      'tells its size',
      ['stty size\r', 'tty\r'],
      '/ # stty size\r\n30 100\r\n/ # tty\r\n/dev/pts/0\r\n/ # ',
    ],
    [
      'sends Ctrl-C to what runs in front and leaves the shell',
      ['sleep 100; echo never\r', '\x03', 'echo $?\r'],
      '/ # sleep 100; echo never\r\n^C\r\n/ # echo $?\r\n130\r\n/ # ',
    ],
    [
      'ends an endless loop by Ctrl-C',
      ['while :; do :; done\r', '\x03'],
      '/ # while :; do :; done\r\n^C\r\n/ # ',
    ],
    [
      'lets one reader see the end by Ctrl-D',
      ['cat\r', 'foo\r', '\x04', 'echo on\r'],
      '/ # cat\r\nfoo\r\nfoo\r\n/ # echo on\r\non\r\n/ # ',
    ],
    [
      'gives a killed reader nothing of what comes next',
      ['cat\r', '\x03', 'echo mine\r'],
      '/ # cat\r\n^C\r\n/ # echo mine\r\nmine\r\n/ # ',
    ],
    [
      'calls lines back',
      ['echo one\r', '\x1b[A\r'],
      '/ # echo one\r\none\r\n/ # \r/ # echo one\x1b[J\r\none\r\n/ # ',
    ],
    ['ends the shell by Ctrl-D', ['\x04'], '/ # '],
  ])('%s', async (_name, keys, screen) => {
    expect((await type(keys)).screen).toBe(screen);
  });

  test('of dash has the lines of the kernel: erasing a word and a line', async () => {
    const { screen } = await type(['echo a b\x17c\r', 'nope\x15exit 7\r'], ['sh'], DEBIAN);
    expect(screen).toBe('# echo a b\b \bc\r\na c\r\n# nope\b \b\b \b\b \b\b \bexit 7\r\n');
  });

  test('of bash completes names and says exit', async () => {
    const { code, screen } = await type(['cd /et\tc\x7f\r', '\x04'], ['bash'], DEBIAN);
    expect(screen).toMatch(/^root@\S+:\/# cd \/etc\/c[\b] [\b]\r\nroot@\S+:\/etc# exit\r\n$/);
    expect(code).toBe(0);
  });

  test('goes without echo and editing when a program wants it so', async () => {
    const { screen } = await type(
      ['stty -echo\r', 'read x; echo got $x\r', 'secret\r'],
      ['sh'],
      DEBIAN,
    );
    expect(screen).toBe('# stty -echo\r\n# got secret\r\n# ');
  });
});

describe('the program of a container', () => {
  test('reads what is written to it until it is closed', async () => {
    const lab = new Lab();
    const { handle, output, process } = lab.start({ argv: ['cat'], more: { stdin: true } });
    void handle?.console.writeInput(Uint8Array.of(0xff, 0, 10));
    await lab.run(1);
    expect(process.state).toBe('running');
    handle?.console.closeInput();
    await lab.run(1);
    expect([process.exitCode, output.stdout.length]).toEqual([0, 3]);
  });

  test('reads nothing when it has no standard input', async () => {
    const lab = new Lab();
    const { process } = lab.start({ argv: ['cat'] });
    await lab.run(1);
    expect(process.exitCode).toBe(0);
  });

  test('holds a writer back that is faster than it reads', async () => {
    const lab = new Lab();
    const { handle } = lab.start({ argv: ['sleep', '1'], more: { stdin: true } });
    expect(handle?.console.writeInput(new Uint8Array(65_536))).toBeUndefined();
    expect(handle?.console.writeInput(new Uint8Array(1))).toBeInstanceOf(Promise);
  });
});
