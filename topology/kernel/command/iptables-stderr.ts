import type { CommandError } from './words.js';

/** The version that podnet speaks as. */
export const IPTABLES_VERSION = '1.8.9 (nf_tables)';

/** What a tool prints on standard error when it fails, and its status. */
export interface ToolFailure {
  readonly stderr: string;
  readonly status: number;
}

/**
 * A change that the kernel refused, as iptables prints it and ends: 1 for what it found out itself in the tables, 4
 * for what the kernel said (RESOURCE_PROBLEM), 2 for a name in the rule that is not there (PARAMETER_PROBLEM).
 */
export function iptablesFailure(message: string, family: 'ipv4' | 'ipv6'): ToolFailure {
  const tool = family === 'ipv4' ? 'iptables' : 'ip6tables';
  const help = `Try \`${tool} -h' or '${tool} --help' for more information.\n`;
  if (message.includes(' failed (')) return { stderr: `${message}\n`, status: 4 };
  if (/doesn't exist\.$|is not applicable\.$/.test(message))
    return { stderr: `${message}\n\n${help}`, status: 2 };
  if (message.endsWith('does not exist')) return { stderr: `${message}\n${help}`, status: 2 };
  return { stderr: `${message}\n`, status: 1 };
}

/** A mistake in the words of a command, with what iptables prints of it and the status it ends with. */
export function iptablesMistake(error: CommandError, family: 'ipv4' | 'ipv6'): CommandError {
  const tool = family === 'ipv4' ? 'iptables' : 'ip6tables';
  const message = error.message.trim();
  const tryHelp = `Try \`${tool} -h' or '${tool} --help' for more information.\n`;
  if (message.startsWith('Bad argument')) {
    return { ...error, message, stderr: `${message}\n${tryHelp}`, status: 2 };
  }
  if (message.startsWith('iptables: ')) {
    const stderr = `${tool}${message.slice('iptables'.length)}\n`;
    return { ...error, message, stderr, status: 1 };
  }
  const start = `${tool} v${IPTABLES_VERSION}: `;
  if (message.endsWith('does not exist') && message.startsWith('table ')) {
    const stderr = `${start}${message}\nPerhaps ${tool} or your kernel needs to be upgraded.\n`;
    return { ...error, message, stderr, status: 3 };
  }
  if (message.startsWith('RULE_APPEND failed')) {
    return { ...error, message, stderr: `${start} ${message}: rule in chain INPUT\n`, status: 4 };
  }
  return { ...error, message, stderr: `${start}${error.message}\n${tryHelp}`, status: 2 };
}
