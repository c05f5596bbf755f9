/** What the tools of bind have in common: asking, and options, failures and records in words. */
import {
  DNS_TYPE,
  type DnsRecord,
  ERRNO,
  type Errno,
  formatIp,
  type SocketAddress,
  strerror,
} from '../../../topology/index.js';
import {
  type DnsAnswer,
  queryServers,
  type ResolverConfig,
  resolveHost,
  resolverConfig,
} from '../net/resolver.js';
import type { ToolIo } from './tool.js';

/** Whether a failure is an errno. */
export function isErrno(text: string): text is Errno {
  return text in ERRNO;
}

/** What bind calls errnos that it has words of its own for (isc_result_totext). */
const RESULT_WORDS: Readonly<Record<string, string>> = {
  ENETUNREACH: 'network unreachable',
  EHOSTUNREACH: 'host unreachable',
  EADDRNOTAVAIL: 'address not available',
  ECONNRESET: 'connection reset',
  ETIMEDOUT: 'timed out',
  EPERM: 'permission denied',
  EOF: 'end of file',
};

/** Failures of connect(2): the question was never sent. */
const SETUP_FAILURES = new Set(['ENETUNREACH', 'EADDRNOTAVAIL', 'EACCES', 'EINVAL']);

/** The line of a failed exchange; a server that there is no way to ends the attempt at once. */
export function failureLine(
  server: SocketAddress,
  error: string,
  { name, tcp = false }: { readonly name: string; readonly tcp?: boolean },
): string {
  const address = formatIp(server.address);
  const words = errorWords(error);
  if (tcp)
    return `;; Connection to ${address}#53(${address}) for ${name} failed: ${words}.\n${NO_SERVERS}`;
  return SETUP_FAILURES.has(error)
    ? `;; UDP setup with ${address}#53(${address}) for ${name} failed: ${words}.\n${NO_SERVERS}`
    : `;; communications error to ${address}#53: ${words}\n`;
}

/** What ends lines of failures, unless the last of them says so already. */
export const NO_SERVERS = ';; no servers could be reached\n';

/** Lines of failures with their end. */
export function failureText(failures: readonly string[]): string {
  const text = failures.join('');
  return text.endsWith(NO_SERVERS) ? text : text + NO_SERVERS;
}

/** A failed exchange in words, lower case. */
export function errorWords(error: string): string {
  const own = RESULT_WORDS[error];
  if (own !== undefined) return own;
  return isErrno(error)
    ? strerror(error).toLowerCase()
    : error === 'TIMEOUT'
      ? 'timed out'
      : error.toLowerCase();
}

/** The resolver's configuration with the server a person named. */
export async function configFor(
  io: ToolIo,
  server: string | undefined,
): Promise<ResolverConfig | undefined> {
  const config = resolverConfig(io.guest);
  if (server === undefined) return config;
  const resolved = await resolveHost(io.guest, server);
  return resolved.ok ? { ...config, nameservers: resolved.value } : undefined;
}

/** A record's data as zone files write it; undefined for types that tools do not show. */
export function recordLine(record: DnsRecord): string | undefined {
  switch (record.type) {
    case 'A':
    case 'AAAA':
      return formatIp(record.address);
    case 'CNAME':
    case 'PTR':
    case 'NS':
      return `${record.target}.`;
    case 'SRV':
      return `${record.priority} ${record.weight} ${record.port} ${record.target}.`;
    case 'MX':
      return `${record.preference} ${record.exchange}.`;
    case 'TXT':
      return record.texts.map((text) => `"${text}"`).join(' ');
    case 'SOA':
      return `${record.mname}. ${record.rname}. ${record.serial} ${record.refresh} ${record.retry} ${record.expire} ${record.minimum}`;
    default:
      return undefined;
  }
}

/** The number of a record type by its name; undefined when there is none. */
export function typeNumber(name: string): number | undefined {
  const upper = name.toUpperCase();
  return Object.entries(DNS_TYPE).find(([known]) => known === upper)?.[1];
}

/** Asks for several types of one name, one after the other; what a server's silence is called when one fails. */
export async function askTypes(
  io: ToolIo,
  ask: {
    readonly name: string;
    /** The name as the person wrote it, for what is told of failures. */
    readonly typed: string;
    readonly types: readonly number[];
    readonly config: ResolverConfig;
  },
): Promise<{ readonly answers: readonly DnsAnswer[]; readonly failures: readonly string[] }> {
  const answers: DnsAnswer[] = [];
  for (const type of ask.types) {
    const failures: string[] = [];
    const onFailure = (server: SocketAddress, error: string): void => {
      failures.push(failureLine(server, error, { name: ask.typed }));
    };
    const answer = await queryServers(io.guest, { ...ask, type, onFailure });
    if (!answer.ok) return { answers, failures };
    answers.push(answer.value);
  }
  return { answers, failures: [] };
}
