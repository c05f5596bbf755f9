import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { VirtualFileSystem } from '../../../server/program/index.js';
import { Lab } from './lab.js';

const DEBIAN = { image: { reference: 'nginx:1.27', userland: 'debian' } } as const;
const TREE = 'mkdir -p /d/e; echo hi > /d/f; echo x > /d/e/x; ln -s f /d/l; chmod 600 /d/e/x; cd /';

describe('tar', () => {
  test.each([
    [
      'packs and unpacks folders, links and modes',
      `${TREE}; tar cf - d | tar xf - -C /tmp; ls -l /tmp/d/e/x | cut -c1-10; cat /tmp/d/l`,
      { out: '-rw-------\nhi\n', err: '', code: 0 },
    ],
    [
      'says that it leaves out the leading slash',
      `${TREE}; tar cf - /d/f | tar tf -`,
      { out: 'd/f\n', err: "tar: Removing leading `/' from member names\n", code: 0 },
    ],
    [
      'goes on after a file that is missing',
      `${TREE}; tar cf /a.tar d/f nope; echo $?; tar tf /a.tar`,
      {
        out: '2\nd/f\n',
        err: 'tar: nope: Cannot stat: No such file or directory\ntar: Exiting with failure status due to previous errors\n',
        code: 0,
      },
    ],
    [
      'refuses a directory that is missing',
      `${TREE}; tar cf - d/f | tar xmf - -C /nope`,
      {
        out: '',
        err: 'tar: /nope: Cannot open: No such file or directory\ntar: Error is not recoverable: exiting now\n',
        code: 2,
      },
    ],
    [
      'says what is no archive',
      'echo garbage | tar tf -',
      {
        out: '',
        err: 'tar: This does not look like a tar archive\ntar: Exiting with failure status due to previous errors\n',
        code: 2,
      },
    ],
    [
      'names a member that the archive does not have',
      `${TREE}; tar cf a.tar d/f; tar xf a.tar zz`,
      {
        out: '',
        err: 'tar: zz: Not found in archive\ntar: Exiting with failure status due to previous errors\n',
        code: 2,
      },
    ],
    [
      'compresses, excludes and strips',
      `${TREE}; tar czf a.tgz --exclude=e d; tar tzf a.tgz; mkdir t; tar xzvf a.tgz -C t --strip-components=1; ls t`,
      { out: 'd/\nd/f\nd/l\nd/f\nd/l\nf\nl\n', err: '', code: 0 },
    ],
    [
      'needs to be told what to do',
      'tar f x',
      {
        out: '',
        err: "tar: You must specify one of the '-Acdtrux', '--delete' or '--test-label' options\nTry 'tar --help' or 'tar --usage' for more information.\n",
        code: 2,
      },
    ],
    [
      'keeps long names',
      'n=$(printf "%0150d" 7); mkdir -p $n; echo long > $n/$n; tar cf a.tar $n; rm -r $n; tar xf a.tar; cat $n/$n',
      { out: 'long\n', err: '', code: 0 },
    ],
  ])('%s', async (_name, script, expected) => {
    expect(await new Lab().script(script, DEBIAN)).toEqual(expected);
  });

  test('speaks as busybox in busybox', async () => {
    const { err } = await new Lab().script(`${TREE}; tar cf - /d/f >/dev/null; tar xf /nope.tar`);
    expect(err).toBe(
      "tar: removing leading '/' from member names\ntar: can't open '/nope.tar': No such file or directory\n",
    );
  });

  const isThere = spawnSync('tar', ['--version']).status === 0;
  const whenPresent = isThere ? test.each : test.skip.each;
  whenPresent([['gnu'], ['posix'], ['ustar']])(
    'reads what the real tar writes as %s, and the other way round',
    async (format) => {
      const input = Buffer.from([...Array(100_000).keys()].map((at) => (at * 7) % 256));
      const script = `cd $(mktemp -d) && cat > bin && ln -s bin link && tar --format=${format} -cf - bin link`;
      const real = spawnSync('sh', ['-c', script], { input });
      const files = new VirtualFileSystem();
      files.writeFile('/real.tar', real.stdout);
      const { out, err } = await new Lab().script(
        'cd /tmp; tar xf /real.tar; tar cf /ours.tar bin link; cat link | wc -c',
        { ...DEBIAN, files },
      );
      expect([err, out.trim()]).toEqual(['', '100000']);
      const ours = files.readFile('/ours.tar');
      const back = spawnSync('sh', ['-c', 'cd $(mktemp -d) && tar xf - && cat link'], {
        input: ours.ok ? ours.value : '',
      });
      expect([back.stderr.toString(), back.stdout.equals(input)]).toEqual(['', true]);
    },
  );
});
