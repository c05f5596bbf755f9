/** nslookup, of which images carry three: bind's, busybox's own resolver (1.29 on), and busybox over libc (before). */
import {
  DNS_TYPE,
  type DnsRecord,
  dnsRcodeName,
  formatIp,
  type Ip,
  parseIp,
  strerror,
} from '../../../topology/index.js';
import { reverseName } from '../dns/zone.js';
import {
  type DnsAnswer,
  queryServers,
  type ResolverConfig,
  resolveHost,
  resolverConfig,
  searchNames,
} from '../net/resolver.js';
import { askTypes, configFor, failureText, isErrno, recordLine, typeNumber } from './dns-words.js';
import type { Tool, ToolIo } from './tool.js';

const NXDOMAIN = 3;

interface Question {
  /** As the person wrote it. */
  readonly name: string;
  readonly literal: Ip | undefined;
  readonly types: readonly number[];
  readonly config: ResolverConfig;
}

/** nslookup(1), not interactive. */
export const nslookup: Tool = async (io) => {
  const [name = '', server] = io.args.filter((arg) => !arg.startsWith('-'));
  if (io.busybox && usesLibc(io)) return overLibc(io, name, server);
  const found = await configFor(io, server);
  if (found === undefined) return io.fail(`can't resolve '${server}'`);
  const question = questionOf(io, name, found);
  return io.busybox ? overBusybox(io, question) : overBind(io, question);
};

function questionOf(io: ToolIo, name: string, config: ResolverConfig): Question {
  const option = (word: string): string | undefined =>
    io.args.find((arg) => arg.startsWith(`-${word}=`))?.split('=')[1];
  const timeout = option('timeout');
  const retry = option('retry');
  const literal = parseIp(name);
  const type = typeNumber(option('type') ?? option('query') ?? '');
  const address = type === undefined ? [DNS_TYPE.A, DNS_TYPE.AAAA] : [type];
  return {
    name,
    literal: literal.ok ? literal.value : undefined,
    types: literal.ok ? [DNS_TYPE.PTR] : address,
    config: {
      ...config,
      timeoutNs: timeout === undefined ? config.timeoutNs : Number(timeout) * 1e9,
      attempts: retry === undefined ? (io.busybox ? config.attempts : 3) : Number(retry),
    },
  };
}

async function overBind(io: ToolIo, question: Question): Promise<number> {
  const { config, literal, name, types } = question;
  const names = literal === undefined ? searchNames(name, config) : [reverseName(literal)];
  for (const candidate of names) {
    const { answers, failures } = await askTypes(io, {
      name: candidate,
      typed: name,
      types,
      config,
    });
    if (failures.length > 0) {
      await io.out(`${failureText(failures)}\n`);
      return 1;
    }
    const records = answers.flatMap((answer) => answer.message.answers);
    const isMissing = answers.every(({ message }) => message.rcode === NXDOMAIN);
    if (records.length === 0 && isMissing && candidate !== names.at(-1)) continue;
    await printServer(io, answers[0], '#');
    const rcode = answers[0]?.message.rcode ?? 0;
    if (records.length === 0 && rcode === 0) {
      await io.out(`*** Can't find ${candidate}: No answer\n\n`);
      return 0;
    }
    if (records.length === 0) {
      await io.out(`** server can't find ${candidate}: ${dnsRcodeName(rcode)}\n\n`);
      return 1;
    }
    for (const record of records) await io.out(foundLine(record, '.'));
    await io.out('\n');
    return 0;
  }
  return 1;
}

/**
 * busybox's own resolver: a name without dots is asked for in every domain of the search list at once and never by
 * itself, a name with dots only as it is; `ndots` is not read (`networking/nslookup.c`, `add_query_with_search`).
 *
 * Fidelity: busybox ends with 1 when any of its questions was answered NXDOMAIN, even when another was answered; here one
 * answer is success, so that init containers that wait for a Service by its short name end with every busybox.
 */
async function overBusybox(
  io: ToolIo,
  { config, literal, name, types }: Question,
): Promise<number> {
  const isSearched = literal === undefined && !name.includes('.') && config.search.length > 0;
  const names =
    literal !== undefined
      ? [reverseName(literal)]
      : isSearched
        ? config.search.map((domain) => `${name}.${domain.replace(/\.$/, '')}`)
        : [name.replace(/\.$/, '')];
  const asked = types.flatMap((type) => names.map((candidate) => ({ name: candidate, type })));
  const refused: string[] = [];
  const onFailure = ({ address }: { readonly address: Ip }, error: string): void => {
    if (isErrno(error))
      refused.push(`nslookup: write to '${formatIp(address)}': ${strerror(error)}\n`);
  };
  const answers = await Promise.all(
    asked.map((ask) => queryServers(io.guest, { ...ask, config, onFailure })),
  );
  const first = answers.find((answer) => answer.ok);
  if (first?.ok !== true) {
    await io.err(refused[0] ?? '');
    await io.out(`;; connection timed out; no servers could be reached\n\n`);
    return 1;
  }
  await printServer(io, first.value, ':');
  let isFound = false;
  let isRefused = false;
  for (const [index, answer] of answers.entries()) {
    const candidate = asked[index]?.name ?? '';
    if (!answer.ok) await io.out(`*** Can't find ${candidate}: No answer\n`);
    else {
      const { message } = answer.value;
      isFound ||= message.answers.length > 0;
      isRefused ||= message.rcode !== 0;
      await io.out(busyboxReply(candidate, message));
    }
  }
  return isRefused && !isFound ? 1 : 0;
}

function busyboxReply(name: string, message: DnsAnswer['message']): string {
  if (message.rcode !== 0) {
    return `** server can't find ${name}: ${dnsRcodeName(message.rcode)}\n\n`;
  }
  const head = message.authoritative ? '' : 'Non-authoritative answer:\n';
  return `${head}${message.answers.map((record) => foundLine(record, '')).join('')}\n`;
}

/** busybox before 1.29: getaddrinfo(3), so the search list with `ndots`, and a reverse look-up of what it gave. */
async function overLibc(io: ToolIo, name: string, server: string | undefined): Promise<number> {
  const config = await configFor(io, server);
  const [address] = config?.nameservers ?? [];
  if (config === undefined || address === undefined) return io.fail(`can't resolve '${server}'`);
  await io.out(`Server:    ${formatIp(address)}\n${await numbered(io, [address])}\n`);
  const resolved = await resolveHost(io.guest, name);
  if (!resolved.ok) {
    await io.err(`nslookup: can't resolve '${name}'\n`);
    return 1;
  }
  await io.out(`Name:      ${name}\n${await numbered(io, resolved.value)}`);
  return 0;
}

async function numbered(io: ToolIo, addresses: readonly Ip[]): Promise<string> {
  let text = '';
  for (const [index, address] of addresses.entries()) {
    const config = { ...resolverConfig(io.guest), attempts: 1 };
    const ask = { name: reverseName(address), type: DNS_TYPE.PTR, config };
    const answer = await queryServers(io.guest, ask);
    const records = answer.ok ? answer.value.message.answers : [];
    const target = records.flatMap((one) => (one.type === 'PTR' ? [one.target] : []))[0];
    const known = target === undefined ? '' : ` ${target}`;
    text += `Address ${index + 1}: ${formatIp(address)}${known}\n`;
  }
  return text;
}

/** Whether the image's busybox is older than 1.29, by its tag; alpine had 1.28 until 3.8. */
function usesLibc(io: ToolIo): boolean {
  const [, name, major, minor] =
    /(?:^|\/)(busybox|alpine):(\d+)\.(\d+)/.exec(io.guest.request.image.reference) ?? [];
  if (name === undefined) return false;
  const [sameMajor, firstMinor] = name === 'busybox' ? [1, 29] : [3, 9];
  return Number(major) < sameMajor || (Number(major) === sameMajor && Number(minor) < firstMinor);
}

async function printServer(
  io: ToolIo,
  answer: DnsAnswer | undefined,
  beforePort: '#' | ':',
): Promise<void> {
  const address = answer === undefined ? '' : formatIp(answer.server.address);
  await io.out(`Server:\t\t${address}\nAddress:\t${address}${beforePort}53\n\n`);
}

function foundLine(record: DnsRecord, dot: '' | '.'): string {
  switch (record.type) {
    case 'A':
    case 'AAAA':
      return `Name:\t${record.name}\nAddress: ${formatIp(record.address)}\n`;
    case 'CNAME':
      return `${record.name}\tcanonical name = ${record.target}${dot}\n`;
    case 'PTR':
      return `${record.name}\tname = ${record.target}${dot}\n`;
    case 'SRV':
      return `${record.name}\tservice = ${recordLine(record)}\n`;
    case 'OPT':
      return '';
    default:
      return `${record.name}\t${record.type.toLowerCase()} = ${recordLine(record) ?? ''}\n`;
  }
}
