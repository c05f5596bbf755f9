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

/** A failed exchange in words, lower case. */
export function errorWords(error: string): string {
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
    readonly types: readonly number[];
    readonly config: ResolverConfig;
  },
): Promise<{ readonly answers: readonly DnsAnswer[]; readonly failures: readonly string[] }> {
  const answers: DnsAnswer[] = [];
  for (const type of ask.types) {
    const failures: string[] = [];
    const onFailure = ({ address }: SocketAddress, error: string): void => {
      failures.push(`;; communications error to ${formatIp(address)}#53: ${errorWords(error)}\n`);
    };
    const answer = await queryServers(io.guest, { ...ask, type, onFailure });
    if (!answer.ok) return { answers, failures };
    answers.push(answer.value);
  }
  return { answers, failures: [] };
}
