import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { addClusterCommand } from './commands/cluster.js';
import { addCommandsCommand } from './commands/commands.js';
import { addKubeconfigCommand } from './commands/kubeconfig.js';
import { addPortsCommand } from './commands/ports.js';
import { addTraceCommand } from './commands/trace.js';
import { addUpCommand } from './commands/up.js';
import { completionScript, SHELLS } from './completion.js';
import { CommandFailure, EXIT } from './exit.js';

/** Version of the package that this file belongs to. */
export function packageVersion(): string {
  for (const path of ['../../package.json', '../../../package.json']) {
    try {
      const { version } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as {
        readonly version: string;
      };
      return version;
    } catch {
      // The compiled file lies one folder deeper than the source.
    }
  }
  return 'unknown';
}

/** Runs the command line; resolves with the exit code, or undefined while a server goes on running. */
export async function runProgram(argv: readonly string[]): Promise<number | undefined> {
  let exitCode: number | undefined;
  const done = (code: number): void => {
    exitCode = code;
  };
  const program = new Command('podnet')
    .description(
      'Emulates the network of a Kubernetes cluster, packet by packet, and shows it live.',
    )
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .exitOverride()
    .showSuggestionAfterError();
  addUpCommand(program);
  addTraceCommand(program, done);
  addPortsCommand(program, done);
  addCommandsCommand(program, done);
  addClusterCommand(program, done);
  addKubeconfigCommand(program, done);
  program
    .command('completion')
    .description('print a completion script')
    .argument('<shell>', SHELLS.join(', '))
    .action((shell: string) => {
      process.stdout.write(completionScript(shell, program));
      done(EXIT.ok);
    });
  for (const command of program.commands) {
    command.exitOverride();
    for (const below of command.commands) below.exitOverride();
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    return report(error);
  }
}

function report(error: unknown): number {
  if (error instanceof CommandFailure) {
    process.stderr.write(`podnet: ${error.message}\n`);
    return error.exitCode;
  }
  const { code, exitCode } = error as { readonly code?: unknown; readonly exitCode?: unknown };
  // Commander has printed what was wrong; help and version are no failure.
  if (typeof code === 'string' && code.startsWith('commander.'))
    return exitCode === 0 ? EXIT.ok : EXIT.badInput;
  throw error;
}
