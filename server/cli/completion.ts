import type { Command } from 'commander';
import { CommandFailure } from './exit.js';

/** Shells that a completion script can be printed for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** The script that teaches a shell podnet's commands and options; made from the commands themselves. */
export function completionScript(shell: string, program: Command): string {
  const commands = program.commands.map((command) => ({
    name: command.name(),
    about: command.description(),
    options: command.options.flatMap((option) =>
      option.long === undefined || option.long === null ? [] : [option.long],
    ),
  }));
  switch (shell) {
    case 'bash':
      return bash(commands);
    case 'zsh':
      return `autoload -U +X bashcompinit && bashcompinit\n${bash(commands)}`;
    case 'fish':
      return fish(commands);
    default:
      throw new CommandFailure(
        `no completion for '${shell}'; there is one for ${SHELLS.join(', ')}`,
      );
  }
}

interface Known {
  readonly name: string;
  readonly about: string;
  readonly options: readonly string[];
}

function bash(commands: readonly Known[]): string {
  const cases = commands.map((c) => `    ${c.name}) words="${c.options.join(' ')}" ;;`).join('\n');
  return `_podnet() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words
  case "$previous" in
    -f|--filename|--topology|--pcap|--data-dir|--kubeconfig|--certificate-authority|-o|--output) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --protocol) COMPREPLY=($(compgen -W "tcp udp icmp" -- "$current")); return ;;
  esac
  case "\${COMP_WORDS[1]}" in
${cases}
    *) words="${commands.map((c) => c.name).join(' ')} --help --version" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _podnet podnet
`;
}

function fish(commands: readonly Known[]): string {
  const names = commands.map((c) => c.name).join(' ');
  const lines = commands.flatMap((command) => [
    `complete -c podnet -n "not __fish_seen_subcommand_from ${names}" -a ${command.name} -d '${command.about.replaceAll("'", '')}'`,
    ...command.options.map(
      (option) =>
        `complete -c podnet -n "__fish_seen_subcommand_from ${command.name}" -l ${option.replace(/^--/, '')}`,
    ),
  ]);
  return `${lines.join('\n')}\n`;
}
