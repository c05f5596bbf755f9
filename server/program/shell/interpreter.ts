/**
 * Runs parsed shell programs: dash's language with the parts of bash that scripts in manifests use.
 *
 * Fidelity: subshells and pipelines run inside the shell's own process, external commands in processes of their own
 * when the kubelet can make them; there are no arrays, aliases, job control signals or `select`.
 */

import { decodeUtf8, encodeUtf8 } from '../../../topology/index.js';
import type { Guest } from '../guest.js';
import { WorkMeter } from '../io/wait.js';
import { ArithmeticError, evaluateArithmetic } from './arithmetic.js';
import type { Command, Redirect, Script } from './ast.js';
import { BUILTINS } from './builtins.js';
import {
  ExpansionError,
  type ExpansionScope,
  expandToPattern,
  expandToText,
  expandWord,
} from './expand.js';
import { patternToRegExp } from './glob.js';
import { ShellJump } from './jump.js';
import { type Descriptors, openRedirect } from './redirect.js';
import type { ExternalRunner } from './runner.js';
import { BrokenPipe, inputOf, outputTo, Pipe } from './streams.js';
import { Variables } from './variables.js';

/** Cost of a builtin in simulated processor time, so that endless loops let time pass. */
const BUILTIN_NS = 50_000;
const FORK_NS = 500_000;
const MAX_CALLS = 1000;
/** Status of what died of SIGINT. */
const INTERRUPTED = 130;

/** A command that runs in the background. */
export interface Job {
  readonly pid: number;
  readonly text: string;
  readonly done: Promise<number>;
  status: number | undefined;
}

/** Options of `set`, by letter or name. */
export interface ShellOptions {
  errexit: boolean;
  xtrace: boolean;
  nounset: boolean;
  noglob: boolean;
  pipefail: boolean;
}

/** State of one shell or subshell. */
export class Shell implements ExpansionScope {
  readonly guest: Guest;
  readonly runner: ExternalRunner;
  /** `sh`, `bash` or `ash`: how it calls itself in messages. */
  readonly name: string;
  readonly variables: Variables;
  readonly functions = new Map<string, Command>();
  readonly options: ShellOptions = {
    errexit: false,
    xtrace: false,
    nounset: false,
    noglob: false,
    pipefail: false,
  };
  readonly traps = new Map<string, string>();
  readonly jobs: Job[] = [];
  readonly meter: WorkMeter;
  /** Signals that came and whose trap has not run. */
  pendingSignals: string[] = [];
  /** Wakes `wait` when a trapped signal comes. */
  onTrappedSignal: (() => void) | undefined;
  positional: readonly string[] = [];
  workingDir = '/';
  lastStatus = 0;
  /** An external command takes the place of this shell, whose last command it is. */
  execsCommand = false;
  /** A person types its commands. */
  interactive = false;
  /** What was typed, for `history`. */
  history: readonly string[] = [];
  /** Whether Ctrl-C came, and foreground children under way; shared with subshells, which run in the same process. */
  private interruption = { came: false, children: 0 };
  lastBackgroundPid: number | undefined;
  descriptors: Descriptors;
  /** Above 0 where a failing command does not end the shell under `set -e`. */
  private tested = 0;

  constructor(
    guest: Guest,
    how: {
      name: string;
      runner: ExternalRunner;
      descriptors: Descriptors;
      variables?: Variables;
    },
  ) {
    this.guest = guest;
    this.variables = how.variables ?? new Variables();
    this.name = how.name;
    this.runner = how.runner;
    this.descriptors = how.descriptors;
    this.meter = new WorkMeter(guest.sys);
  }

  get files() {
    return this.guest.request.files;
  }

  get globbing(): boolean {
    return !this.options.noglob;
  }

  get bracing(): boolean {
    return this.name === 'bash';
  }

  get nounset(): boolean {
    return this.options.nounset;
  }

  get(name: string): string | undefined {
    switch (name) {
      case '?':
        return String(this.lastStatus);
      case '$':
        return String(this.guest.sys.pid);
      case '!':
        return this.lastBackgroundPid === undefined ? undefined : String(this.lastBackgroundPid);
      case '#':
        return String(this.positional.length);
      case '@':
      case '*':
        return this.positional.join(' ');
      case '0':
        return this.variables.get('0') ?? this.name;
      case '-':
        return `${this.options.errexit ? 'e' : ''}${this.options.xtrace ? 'x' : ''}`;
      case 'RANDOM':
        return this.name === 'dash'
          ? undefined
          : String(Math.floor(this.guest.request.random() * 32_768));
      case 'SECONDS':
        return String(Math.floor(this.guest.sys.nowNs / 1e9));
      default:
        if (/^\d+$/.test(name)) return this.positional[Number(name) - 1];
        return this.variables.get(name);
    }
  }

  set(name: string, value: string): void {
    this.variables.set(name, value);
  }

  /** A copy for a subshell; what it changes stays there. */
  fork(descriptors: Descriptors, guest: Guest = this.guest): Shell {
    const { name, runner } = this;
    const variables = this.variables.copy();
    const child = new Shell(guest, { name, runner, descriptors, variables });
    for (const [known, body] of this.functions) child.functions.set(known, body);
    Object.assign(child.options, this.options);
    child.positional = this.positional;
    child.workingDir = this.workingDir;
    child.interactive = this.interactive && guest === this.guest;
    if (guest === this.guest) child.interruption = this.interruption;
    child.lastStatus = this.lastStatus;
    child.lastBackgroundPid = this.lastBackgroundPid;
    return child;
  }

  async print(text: string, fd = 1): Promise<void> {
    const output = this.descriptors.get(fd)?.output;
    if (output !== undefined && !(await output.write(encodeUtf8(text)))) throw new BrokenPipe();
  }

  complain(text: string): void {
    void this.descriptors.get(2)?.output?.write(encodeUtf8(`${this.name}: ${text}\n`));
  }

  async substitute(script: Script): Promise<string> {
    const pieces: string[] = [];
    const collected = outputTo((octets) => pieces.push(decodeUtf8(octets)));
    const child = this.fork(new Map([...this.descriptors, [1, { output: collected }]]));
    this.lastStatus = await child.runToEnd(script);
    return pieces.join('').replace(/\n+$/, '');
  }

  /** Runs commands as a whole shell: `exit` and errors end it. The status is that of the shell. */
  async runToEnd(script: Script): Promise<number> {
    let status: number;
    try {
      status = await this.run(script);
    } catch (error) {
      status = this.statusOf(error);
    }
    return this.runExitTrap(status);
  }

  /** Runs the EXIT trap of a shell that ends with a status; gives the status that comes of it. */
  async runExitTrap(status: number): Promise<number> {
    const trap = this.traps.get('EXIT');
    if (trap === undefined) return status;
    this.traps.delete('EXIT');
    this.lastStatus = status;
    try {
      await this.evaluate(trap);
    } catch (error) {
      return this.statusOf(error);
    }
    return status;
  }

  /** Runs one line of a session; true when it ended the session. `lastStatus` tells how it went. */
  async runLine(script: Script): Promise<boolean> {
    try {
      await this.run(script);
      return false;
    } catch (error) {
      this.lastStatus = this.statusOf(error);
      if (!(error instanceof ShellJump)) return false;
      if (error.kind === 'interrupt') await this.print('\n', 2);
      if (error.kind !== 'exit') return false;
      this.lastStatus = await this.runExitTrap(this.lastStatus);
      return true;
    }
  }

  /** SIGINT: what runs ends, and the session goes on. A foreground child has got the signal itself. */
  interrupt(): void {
    if (this.interruption.children === 0) this.interruption.came = true;
  }

  /** Waits for a foreground child; one that died of Ctrl-C interrupts a session, as job control does. */
  async waitFor(child: Promise<number>): Promise<number> {
    const { interruption } = this;
    interruption.children++;
    const status = await child;
    interruption.children--;
    if (this.interactive && status === INTERRUPTED) interruption.came = true;
    return status;
  }

  /** A new command begins. */
  clearInterrupt(): void {
    this.interruption.came = false;
  }

  private statusOf(error: unknown): number {
    if (error instanceof ShellJump) {
      return ['exit', 'interrupt'].includes(error.kind) ? error.value : this.lastStatus;
    }
    if (error instanceof BrokenPipe) return 141;
    if (error instanceof ExpansionError || error instanceof ArithmeticError) {
      this.complain(error.message);
      return 2;
    }
    throw error;
  }

  /** Parses and runs text in this shell: `eval`, `trap`, `.`. */
  async evaluate(text: string): Promise<number> {
    const parsed = this.runner.parse(text);
    if (parsed.ok) return this.run(parsed.value);
    this.complain(parsed.error);
    return 2;
  }

  async run(script: Script): Promise<number> {
    for (const command of script) this.lastStatus = await this.execute(command);
    return this.lastStatus;
  }

  private async execute(command: Command): Promise<number> {
    const pause = this.meter.charge(BUILTIN_NS);
    if (pause !== undefined) await pause;
    await this.runTraps();
    const status = await this.dispatch(command);
    this.lastStatus = status;
    await this.runTraps();
    const checks =
      command.kind === 'simple' || command.kind === 'pipeline' || command.kind === 'subshell';
    if (status !== 0 && checks && this.options.errexit && this.tested === 0) {
      throw new ShellJump('exit', status);
    }
    return status;
  }

  private async runTraps(): Promise<void> {
    if (this.interruption.came) throw new ShellJump('interrupt', INTERRUPTED);
    while (this.pendingSignals.length > 0) {
      const action = this.traps.get(this.pendingSignals.shift() ?? '');
      if (action !== undefined) await this.evaluate(action);
    }
  }

  private async dispatch(command: Command): Promise<number> {
    switch (command.kind) {
      case 'simple':
        return this.simple(command);
      case 'pipeline':
        return this.pipeline(command);
      case 'and-or': {
        const left = await this.testing(() => this.execute(command.left));
        const goesOn = command.operator === '&&' ? left === 0 : left !== 0;
        return goesOn ? this.execute(command.right) : left;
      }
      case 'background':
        return this.background(command.command, command.text);
      case 'function':
        this.functions.set(command.name, command.body);
        return 0;
      case 'arithmetic': {
        const text = await expandToText(command.expression, this);
        return evaluateArithmetic(text, this) === 0 ? 1 : 0;
      }
      default:
        return this.redirected(command.redirects, () => this.compound(command));
    }
  }

  /** Runs something whose failure is looked at: `set -e` does not end the shell for it. */
  private async testing(run: () => Promise<number>): Promise<number> {
    this.tested++;
    try {
      return await run();
    } finally {
      this.tested--;
    }
  }

  private async compound(command: Command): Promise<number> {
    switch (command.kind) {
      case 'group':
        return this.run(command.body);
      case 'subshell': {
        const child = this.fork(this.descriptors);
        child.tested = this.tested;
        return child.runToEnd(command.body);
      }
      case 'if':
        for (const branch of command.branches) {
          const status = await this.testing(() => this.run(branch.condition));
          if (status === 0) return this.run(branch.body);
        }
        this.lastStatus = 0;
        return command.otherwise === undefined ? 0 : this.run(command.otherwise);
      case 'while':
      case 'until':
        return this.loop(async () => {
          const status = await this.testing(() => this.run(command.condition));
          return (status === 0) === (command.kind === 'while');
        }, command.body);
      case 'for': {
        const items =
          command.words === undefined ? this.positional : await this.expandAll(command.words);
        let index = 0;
        return this.loop(() => {
          const item = items[index++];
          if (item !== undefined) this.set(command.name, item);
          return Promise.resolve(item !== undefined);
        }, command.body);
      }
      case 'for-arithmetic': {
        const compute = async (part: 0 | 1 | 2): Promise<number> =>
          evaluateArithmetic((await expandToText(command.parts[part], this)) || '1', this);
        await compute(0);
        let first = true;
        return this.loop(async () => {
          if (!first) await compute(2);
          first = false;
          return (await compute(1)) !== 0;
        }, command.body);
      }
      case 'case': {
        const subject = await expandToText(command.subject, this);
        for (const item of command.items) {
          for (const pattern of item.patterns) {
            if (patternToRegExp(await expandToPattern(pattern, this)).test(subject)) {
              this.lastStatus = 0;
              return this.run(item.body);
            }
          }
        }
        return 0;
      }
      default:
        return 0;
    }
  }

  private async loop(next: () => Promise<boolean>, body: Script): Promise<number> {
    let status = 0;
    while (await next()) {
      const pause = this.meter.charge(BUILTIN_NS);
      if (pause !== undefined) await pause;
      try {
        status = await this.run(body);
      } catch (error) {
        if (!(error instanceof ShellJump) || (error.kind !== 'break' && error.kind !== 'continue'))
          throw error;
        if (error.value > 1) throw new ShellJump(error.kind, error.value - 1);
        status = 0;
        if (error.kind === 'break') break;
      }
    }
    return status;
  }

  private async pipeline(command: Extract<Command, { kind: 'pipeline' }>): Promise<number> {
    const { commands, negated } = command;
    const [only] = commands;
    if (commands.length === 1 && only !== undefined) {
      const status = await this.testing(() => this.execute(only));
      return status === 0 ? 1 : 0;
    }
    const statuses: Promise<number>[] = [];
    let input = this.descriptors.get(0)?.input?.share();
    for (const [index, each] of commands.entries()) {
      const descriptors = new Map(this.descriptors);
      if (input !== undefined) descriptors.set(0, { input });
      const mine: { close(): void }[] = input === undefined ? [] : [input];
      if (index < commands.length - 1) {
        const pipe = new Pipe();
        const output = pipe.writeEnd();
        descriptors.set(1, { output });
        mine.push(output);
        input = pipe.readEnd();
      }
      const child = this.fork(descriptors);
      child.tested = this.tested;
      statuses.push(
        child.runToEnd([each]).then((status) => {
          for (const end of mine) end.close();
          return status;
        }),
      );
    }
    const all = await Promise.all(statuses);
    const failed = this.options.pipefail ? all.findLast((status) => status !== 0) : undefined;
    const status = failed ?? all.at(-1) ?? 0;
    return negated ? (status === 0 ? 1 : 0) : status;
  }

  private background(command: Command, text: string): Promise<number> {
    const descriptors = new Map([...this.descriptors, [0, { input: inputOf('') }] as const]);
    const started = this.runner.inChild([this.name, '-c', text], this, async (inside) => {
      const guest = inside === this.guest ? inside : inside.inBackground();
      const child = this.fork(descriptors, guest);
      // The process that $! names is the command itself, not a shell above it.
      child.execsCommand = command.kind === 'simple';
      return child.runToEnd([command]);
    });
    const job: Job = { pid: started.pid, text, done: started.done, status: undefined };
    void started.done.then((status) => {
      job.status = status;
    });
    this.jobs.push(job);
    this.lastBackgroundPid = started.pid;
    return Promise.resolve(0);
  }

  private async expandAll(words: readonly Parameters<typeof expandWord>[0][]): Promise<string[]> {
    const texts: string[] = [];
    for (const word of words) texts.push(...(await expandWord(word, this)));
    return texts;
  }

  private async simple(command: Extract<Command, { kind: 'simple' }>): Promise<number> {
    const argv = await this.expandAll(command.words);
    const assigned: [string, string][] = [];
    let substituted = false;
    for (const { name, value } of command.assignments) {
      substituted ||= value.some((part) => part.kind === 'command');
      assigned.push([name, await expandToText(value, this)]);
    }
    if (this.options.xtrace) this.trace(assigned, argv);
    const [name] = argv;
    if (name === undefined) {
      for (const [variable, value] of assigned) this.set(variable, value);
      const status = await this.redirected(command.redirects, () => Promise.resolve(0));
      return substituted && status === 0 ? this.lastStatus : status;
    }
    if (name === 'exec' && argv.length === 1) return this.keepRedirects(command.redirects);
    return this.redirected(command.redirects, () => this.invoke(argv, assigned));
  }

  private trace(assigned: readonly [string, string][], argv: readonly string[]): void {
    const quote = (text: string): string =>
      /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
    const words = [
      ...assigned.map(([name, value]) => `${name}=${value === '' ? '' : quote(value)}`),
      ...argv.map(quote),
    ];
    void this.descriptors.get(2)?.output?.write(encodeUtf8(`+ ${words.join(' ')}\n`));
  }

  private async invoke(
    argv: readonly string[],
    assigned: readonly [string, string][],
  ): Promise<number> {
    const name = argv[0] ?? '';
    const body = this.functions.get(name);
    if (body !== undefined) return this.call(body, argv.slice(1), assigned);
    const builtin = BUILTINS.get(name);
    if (builtin !== undefined) {
      for (const [variable, value] of assigned) this.set(variable, value);
      return builtin(this, argv.slice(1));
    }
    const pause = this.meter.charge(FORK_NS);
    if (pause !== undefined) await pause;
    const environment = this.variables.exported();
    for (const [variable, value] of assigned) environment.set(variable, value);
    return this.runner.external(this, { argv, environment, replace: this.execsCommand });
  }

  /** Calls a function with arguments and variables of its own. */
  private async call(
    body: Command,
    args: readonly string[],
    assigned: readonly [string, string][],
  ): Promise<number> {
    if (this.variables.depth >= MAX_CALLS) {
      this.complain('maximum function nesting level exceeded');
      throw new ShellJump('exit', 2);
    }
    const outer = this.positional;
    this.variables.enter();
    this.positional = args;
    for (const [name, value] of assigned) {
      this.variables.makeLocal(name);
      this.set(name, value);
    }
    try {
      return await this.execute(body);
    } catch (error) {
      if (error instanceof ShellJump && error.kind === 'return') return error.value;
      throw error;
    } finally {
      this.positional = outer;
      this.variables.leave();
    }
  }

  private async redirected(
    redirects: readonly Redirect[],
    run: () => Promise<number>,
  ): Promise<number> {
    if (redirects.length === 0) return run();
    const outer = this.descriptors;
    const opened = await this.open(redirects);
    if (opened === undefined) return 1;
    this.descriptors = opened;
    try {
      return await run();
    } finally {
      this.descriptors = outer;
    }
  }

  /** `exec >file`: redirections that stay. */
  private async keepRedirects(redirects: readonly Redirect[]): Promise<number> {
    const opened = await this.open(redirects);
    if (opened === undefined) return 1;
    this.descriptors = opened;
    return 0;
  }

  private async open(redirects: readonly Redirect[]): Promise<Descriptors | undefined> {
    const descriptors = new Map(this.descriptors);
    for (const redirect of redirects) {
      const target = await expandToText(redirect.target, this);
      const failure = openRedirect(this, descriptors, { redirect, target });
      if (failure !== undefined) {
        this.complain(failure);
        return undefined;
      }
    }
    return descriptors;
  }
}
