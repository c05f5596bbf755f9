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
