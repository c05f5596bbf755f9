import { absolutePath } from '../fs/node.js';
import { FS_ERRORS, type VirtualFileSystem } from '../fs/virtual-file-system.js';
import type { Redirect } from './ast.js';
import { type Input, inputOf, type Output, outputToFile } from './streams.js';

/** What a file descriptor of a command leads to. */
export interface Descriptor {
  readonly input?: Input;
  readonly output?: Output;
}

/** Open files of a command by number. */
export type Descriptors = ReadonlyMap<number, Descriptor>;

/** What redirections need of the shell. */
export interface RedirectScope {
  readonly files: VirtualFileSystem;
  readonly workingDir: string;
  readonly runner: { standard(fd: number): Descriptor | undefined };
}

/** Opens one redirection into a table of descriptors; the words of what failed. */
export function openRedirect(
  shell: RedirectScope,
  descriptors: Map<number, Descriptor>,
  { redirect, target }: { readonly redirect: Redirect; readonly target: string },
): string | undefined {
  const { operator } = redirect;
  const fd = redirect.fd ?? (operator.startsWith('<') || operator.startsWith('here') ? 0 : 1);
  switch (operator) {
    case 'here':
      descriptors.set(fd, { input: inputOf(target) });
      return undefined;
    case 'here-string':
      descriptors.set(fd, { input: inputOf(`${target}\n`) });
      return undefined;
    case '<':
    case '<>': {
      const read = shell.files.readFile(absolutePath(target, shell.workingDir));
      if (!read.ok) return `can't open ${target}: ${FS_ERRORS[read.error]}`;
      descriptors.set(fd, { input: inputOf(read.value) });
      return undefined;
    }
    case '<&':
    case '>&': {
      if (target === '-') descriptors.delete(fd);
      else if (/^\d+$/.test(target)) {
        const source = descriptors.get(Number(target));
        if (source === undefined) return `${target}: Bad file descriptor`;
        descriptors.set(fd, source);
      } else return openOutput(shell, descriptors, [1, 2], { target, append: false });
      return undefined;
    }
    case '&>':
      return openOutput(shell, descriptors, [1, 2], { target, append: false });
    default:
      return openOutput(shell, descriptors, [fd], { target, append: operator === '>>' });
  }
}

function openOutput(
  shell: RedirectScope,
  descriptors: Map<number, Descriptor>,
  fds: readonly number[],
  how: { readonly target: string; readonly append: boolean },
): string | undefined {
  const path = absolutePath(how.target, shell.workingDir);
  const special = /^\/(?:dev\/(stdout|stderr|fd\/[12])|proc\/(?:1|self)\/fd\/([12]))$/.exec(path);
  if (special !== null) {
    const number = special[1] === 'stderr' || path.endsWith('2') ? 2 : 1;
    const existing = shell.runner.standard(number) ?? descriptors.get(number);
    for (const fd of fds) if (existing !== undefined) descriptors.set(fd, existing);
    return undefined;
  }
  const failure = shell.files.writeFile(path, '', { append: how.append });
  if (failure !== undefined) return `can't create ${how.target}: ${FS_ERRORS[failure]}`;
  const output = outputToFile(shell.files, path);
  for (const fd of fds) descriptors.set(fd, { output });
  return undefined;
}
