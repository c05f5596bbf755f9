import { describe, expect, test } from '@jest/globals';
import { Lab } from './lab.js';

describe('the shell', () => {
  test.each([
    ['quotes and expansions', 'A="x  y"; echo $A "$A" \'$A\'', 'x y x  y $A\n'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: shell text
    ['default values', 'echo ${N:-none} ${N:=set} $N ${N:+alt} ${#N}', 'none set set alt 3\n'],
    [
      'prefix and suffix removal',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: shell text
      'F=a/b.tar.gz; echo ${F##*/} ${F%.*} ${F%%.*} ${F#a/}',
      'b.tar.gz a/b.tar a/b b.tar.gz\n',
    ],
    ['command substitution', 'echo "$(echo a; echo b)" `echo c`', 'a\nb c\n'],
    ['arithmetic', 'i=3; echo $((i * 2 + 1)) $((i++ + 1)) $i $((7 / 2 % 2))', '7 4 4 1\n'],
    [
      'if, elif and else',
      'if false; then echo a; elif [ 1 -lt 2 ]; then echo b; else echo c; fi',
      'b\n',
    ],
    [
      'for over words and seq',
      'for i in a b $(seq 2); do printf "%s," $i; done; echo',
      'a,b,1,2,\n',
    ],
    [
      'while with break',
      'i=0; while true; do i=$((i+1)); [ $i -ge 3 ] && break; done; echo $i',
      '3\n',
    ],
    ['case', 'case foo.yaml in *.txt) echo t;; *.yaml|*.yml) echo y;; esac', 'y\n'],
    [
      'functions with arguments',
      'f() { local x=$1; echo "$x $#"; return 3; }; f a b; echo $?',
      'a 2\n3\n',
    ],
    ['pipes', 'printf "b\\na\\nb\\n" | sort | uniq -c | awk \'{print $2 "=" $1}\'', 'a=1\nb=2\n'],
    [
      'redirections',
      'echo one > /tmp/f; echo two >> /tmp/f; cat < /tmp/f; wc -l < /tmp/f',
      'one\ntwo\n2\n',
    ],
    ['errors joined with output', 'ls /nope 2>&1 | grep -c "No such file"', '1\n'],
    ['here-documents', 'X=1; cat <<EOF\nv=$X\nEOF\ncat <<"E"\n$X\nE', 'v=1\n$X\n'],
    ['subshells keep changes inside', 'x=1; (x=2; echo $x); echo $x', '2\n1\n'],
    ['and, or, not', '! false && echo yes || echo no', 'yes\n'],
    [
      'positional parameters',
      'set -- a "b c"; for p in "$@"; do echo "<$p>"; done; shift; echo $1',
      '<a>\n<b c>\nb c\n',
    ],
    ['read in a loop', 'printf "a 1\\nb 2\\n" | while read k v; do echo "$v$k"; done', '1a\n2b\n'],
    ['globs', 'cd /tmp; touch a1 a2 b1; echo a*; echo "a*" [ab]1', 'a1 a2\na* a1 b1\n'],
    [
      'sed and tr and cut',
      'echo hello-world | sed "s/o/0/g" | tr a-z A-Z | cut -d- -f2',
      'W0RLD\n',
    ],
    ['eval', 'c="echo hi"; eval "$c; $c"', 'hi\nhi\n'],
    ['yes is ended by a closed pipe', 'yes | head -n 2', 'y\ny\n'],
    ['HOSTNAME', 'echo $HOSTNAME $(hostname)', 'web-0 web-0\n'],
  ])('understands %s', async (_name, text, out) => {
    expect((await new Lab().script(text)).out).toBe(out);
  });

  test('gives the status of the last command, and 127 with a message for one that is missing', async () => {
    expect(await new Lab().script('nosuch')).toEqual({
      out: '',
      err: 'sh: nosuch: not found\n',
      code: 127,
    });
    expect((await new Lab().script('exit 7')).code).toBe(7);
  });

  test('ends at a failure under set -e, but not in a condition', async () => {
    const got = await new Lab().script(
      'set -e; false || true; if false; then :; fi; echo a; false; echo b',
    );
    expect(got).toEqual({ out: 'a\n', err: '', code: 1 });
  });

  test('traces commands under set -x', async () => {
    expect((await new Lab().script('set -x; A=1; echo $A "b c"')).err).toBe(
      "+ A=1\n+ echo 1 'b c'\n",
    );
  });

  test('sleeps on simulated time and streams what it prints', async () => {
    const lab = new Lab();
    const container = lab.start({ argv: ['sh', '-c', 'while true; do date +%T; sleep 10; done'] });
    await lab.run(25);
    expect(container.output.stdout).toBe('00:00:00\n00:00:10\n00:00:20\n');
    expect(container.process.state).toBe('running');
  });

  test('lets time pass in a loop that never sleeps', async () => {
    const lab = new Lab();
    const container = lab.start({ argv: ['sh', '-c', 'while :; do :; done'] });
    await lab.run(0.2);
    expect(container.process.state).toBe('running');
  });

  test('runs jobs in the background and waits for them', async () => {
    const got = await new Lab().script(
      '(sleep 2; echo slow) & sleep 1; echo fast; wait; echo done',
    );
    expect(got.out).toBe('fast\nslow\ndone\n');
  });

  test('kills a job of its own by pid', async () => {
    const got = await new Lab().script('sleep 100 & P=$!; kill $P; wait $P; echo $?');
    expect(got.out).toBe('143\n');
  });

  test('as process 1 ignores SIGTERM without a trap and runs the trap when there is one', async () => {
    const lab = new Lab();
    const plain = lab.start({ argv: ['sh', '-c', 'sleep 1000; true'] });
    const trapping = lab.start({
      argv: ['sh', '-c', "trap 'echo bye; exit 0' TERM; while true; do sleep 1; done"],
    });
    await lab.run(1);
    for (const { process } of [plain, trapping]) lab.host.processes.kill(process.pid, 15);
    await lab.run(5);
    expect(plain.process.state).toBe('running');
    expect(trapping.output.stdout).toBe('bye\n');
    expect(trapping.process.exitCode).toBe(0);
  });

  test('ends a function that calls itself for ever', async () => {
    const got = await new Lab().script('f() { f; }; f; echo no');
    expect(got).toMatchObject({ err: 'sh: maximum function nesting level exceeded\n', code: 2 });
  });

  test('survives a pattern that is none', async () => {
    const got = await new Lab().script(
      "echo a | grep '['; echo $?; nslookup a..b > /dev/null; echo $?",
    );
    expect(got.out).toBe('2\n1\n');
  });

  test('reports a syntax error with its line', async () => {
    const got = await new Lab().script('echo a\nif true; then');
    expect(got.err).toContain('line 2: syntax error');
    expect(got.code).toBe(2);
  });
});
