/** Tools that ask the name system: nslookup, dig, host, getent. */
import {
  DNS_TYPE,
  type DnsRecord,
  dnsRcodeName,
  dnsTypeName,
  ERRNO,
  type Errno,
  formatIp,
  type Ip,
  parseIp,
  strerror,
} from '../../../topology/index.js';
import { reverseName } from '../dns/zone.js';
import {
  addressesOf,
  type DnsAnswer,
  lookupHostsFile,
  queryServers,
  type ResolverConfig,
  resolveHost,
  resolverConfig,
  searchNames,
} from '../net/resolver.js';
import type { Tool, ToolIo } from './tool.js';

function isErrno(text: string): text is Errno {
  return text in ERRNO;
}

function errorWords(error: string): string {
  return isErrno(error)
    ? strerror(error).toLowerCase()
    : error === 'TIMEOUT'
      ? 'timed out'
      : error.toLowerCase();
}

/** The resolver's configuration with the server a person named. */
async function configFor(
  io: ToolIo,
  server: string | undefined,
): Promise<ResolverConfig | undefined> {
  const config = resolverConfig(io.guest);
  if (server === undefined) return config;
  const resolved = await resolveHost(io.guest, server);
  return resolved.ok ? { ...config, nameservers: resolved.value } : undefined;
}

function recordLine(record: DnsRecord): string | undefined {
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

function typeNumber(name: string): number | undefined {
  const upper = name.toUpperCase();
  return Object.entries(DNS_TYPE).find(([known]) => known === upper)?.[1];
}

const nslookup: Tool = async (io) => {
  const words = io.args.filter((arg) => !arg.startsWith('-'));
  const option = (name: string): string | undefined =>
    io.args.find((arg) => arg.startsWith(`-${name}=`))?.split('=')[1];
  const [name = '', server] = words;
  const found = await configFor(io, server);
  if (found === undefined) return io.fail(`can't resolve '${server}'`);
  const config = {
    ...found,
    timeoutNs: option('timeout') === undefined ? found.timeoutNs : Number(option('timeout')) * 1e9,
    attempts:
      option('retry') === undefined ? (io.busybox ? found.attempts : 3) : Number(option('retry')),
  };
  const literal = parseIp(name);
  const type = typeNumber(option('type') ?? option('query') ?? '');
  const wanted = literal.ok
    ? [DNS_TYPE.PTR]
    : type === undefined
      ? [DNS_TYPE.A, DNS_TYPE.AAAA]
      : [type];
  const names = literal.ok
    ? [reverseName(literal.value)]
    : io.busybox
      ? [name.replace(/\.$/, '')]
      : searchNames(name, config);
  let last: DnsAnswer | undefined;
  for (const candidate of names) {
    const answers = await askAll(io, { name: candidate, types: wanted, config });
    if (answers === undefined) {
      await io.out(
        io.busybox
          ? ';; connection timed out; no servers could be reached\n\n'
          : ';; no servers could be reached\n\n',
      );
      return 1;
    }
    last ??= answers[0];
    const records = answers.flatMap((answer) => answer.message.answers);
    if (
      records.length === 0 &&
      answers.every((answer) => answer.message.rcode === 3) &&
      candidate !== names.at(-1)
    )
      continue;
    await printServer(io, answers[0]);
    if (records.length === 0) {
      const rcode = answers[0]?.message.rcode ?? 0;
      const failed =
        rcode === 0 ? "Can't find {}: No answer" : `server can't find {}: ${dnsRcodeName(rcode)}`;
      await io.out(`** ${failed.replace('{}', candidate)}\n\n`);
      return rcode === 0 && !io.busybox ? 0 : 1;
    }
    for (const record of records) await printFound(io, record);
    await io.out('\n');
    return 0;
  }
  await printServer(io, last);
  await io.out(`** server can't find ${name}: NXDOMAIN\n\n`);
  return 1;
};

async function askAll(
  io: ToolIo,
  ask: {
    readonly name: string;
    readonly types: readonly number[];
    readonly config: ResolverConfig;
  },
): Promise<DnsAnswer[] | undefined> {
  const answers: DnsAnswer[] = [];
  for (const type of ask.types) {
    const failures: string[] = [];
    const answer = await queryServers(io.guest, {
      name: ask.name,
      type,
      config: ask.config,
      onFailure: (server, error) => {
        const where = formatIp(server.address);
        failures.push(
          io.busybox && error !== 'TIMEOUT'
            ? `nslookup: write to '${where}': ${isErrno(error) ? strerror(error) : error}\n`
            : `;; communications error to ${where}#53: ${errorWords(error)}\n`,
        );
      },
    });
    if (!answer.ok) {
      const shown = io.busybox
        ? failures.filter((line) => line.startsWith('nslookup')).slice(0, 1)
        : failures;
      for (const line of shown) await (io.busybox ? io.err(line) : io.out(line));
      return undefined;
    }
    answers.push(answer.value);
  }
  return answers;
}

async function printServer(io: ToolIo, answer: DnsAnswer | undefined): Promise<void> {
  const address = answer === undefined ? '' : formatIp(answer.server.address);
  if (io.busybox) await io.out(`Server:\t\t${address}\nAddress:\t${address}:53\n\n`);
  else await io.out(`Server:\t\t${address}\nAddress:\t${address}#53\n\n`);
}

async function printFound(io: ToolIo, record: DnsRecord): Promise<void> {
  if (record.type === 'A' || record.type === 'AAAA')
    await io.out(`Name:\t${record.name}\nAddress: ${formatIp(record.address)}\n`);
  else if (record.type === 'CNAME')
    await io.out(`${record.name}\tcanonical name = ${record.target}${io.busybox ? '' : '.'}\n`);
  else if (record.type === 'PTR')
    await io.out(`${record.name}\tname = ${record.target}${io.busybox ? '' : '.'}\n`);
  else if (record.type === 'SRV') await io.out(`${record.name}\tservice = ${recordLine(record)}\n`);
  else if (record.type !== 'OPT')
    await io.out(`${record.name}\t${record.type.toLowerCase()} = ${recordLine(record) ?? ''}\n`);
}

const dig: Tool = async (io) => {
  let server: string | undefined;
  let type: number = DNS_TYPE.A;
  let name: string | undefined;
  const plus = new Map<string, string>();
  for (let at = 0; at < io.args.length; at++) {
    const arg = io.args[at] ?? '';
    if (arg.startsWith('@')) server = arg.slice(1);
    else if (arg.startsWith('+'))
      plus.set(arg.slice(1).split('=')[0] ?? '', arg.split('=')[1] ?? '');
    else if (arg === '-x') {
      const address = parseIp(io.args[++at] ?? '');
      if (address.ok) name = reverseName(address.value);
      type = DNS_TYPE.PTR;
    } else if (arg === '-t') type = typeNumber(io.args[++at] ?? '') ?? type;
    else if (!arg.startsWith('-')) {
      const asType = typeNumber(arg);
      if (asType !== undefined) type = asType;
      else name = arg;
    }
  }
  const config = await configFor(io, server);
  if (config === undefined) return io.fail(`couldn't get address for '${server}': not found`, 10);
  const limits = {
    ...config,
    timeoutNs: Number(plus.get('time') || 5) * 1e9,
    attempts: Number(plus.get('tries') || 3),
  };
  const asked = (name ?? '.').replace(/(.)\.$/, '$1');
  const names = plus.has('search') ? searchNames(asked, config) : [asked];
  const failures: string[] = [];
  let answer: DnsAnswer | undefined;
  for (const each of names) {
    const got = await queryServers(io.guest, {
      name: each,
      type,
      config: limits,
      tcp: plus.has('tcp'),
      onFailure: (where, error) =>
        failures.push(
          `;; communications error to ${formatIp(where.address)}#53: ${errorWords(error)}\n`,
        ),
    });
    answer = got.ok ? got.value : undefined;
    if (answer === undefined || answer.message.answers.length > 0) break;
  }
  for (const line of failures) await io.out(line);
  if (answer === undefined) {
    await io.out(
      `\n; <<>> DiG 9.18.33 <<>> ${io.args.join(' ')}\n${server === undefined ? '' : '; (1 server found)\n'};; global options: +cmd\n;; no servers could be reached\n`,
    );
    return 9;
  }
  if (plus.has('short')) {
    for (const record of answer.message.answers) await io.out(`${recordLine(record) ?? ''}\n`);
    return 0;
  }
  await io.out(digText(io, answer));
  return 0;
};

function digText(io: ToolIo, answer: DnsAnswer): string {
  const { message } = answer;
  const flags = [
    'qr',
    message.authoritative ? 'aa' : '',
    message.truncated ? 'tc' : '',
    'rd',
    message.recursionAvailable ? 'ra' : '',
  ].filter((flag) => flag !== '');
  const section = (title: string, records: readonly DnsRecord[]): string[] =>
    records.length === 0 ? [] : [`;; ${title} SECTION:`, ...records.map(fullLine), ''];
  const [question] = message.questions;
  const lines = [
    '',
    `; <<>> DiG 9.18.33 <<>> ${io.args.join(' ')}`,
    ';; global options: +cmd',
    ';; Got answer:',
    `;; ->>HEADER<<- opcode: QUERY, status: ${dnsRcodeName(message.rcode)}, id: ${message.id}`,
    `;; flags: ${flags.join(' ')}; QUERY: 1, ANSWER: ${message.answers.length}, AUTHORITY: ${message.authorities.length}, ADDITIONAL: ${message.additionals.length}`,
    '',
    ';; QUESTION SECTION:',
    `;${question?.name ?? ''}.\t\tIN\t${dnsTypeName(question?.type ?? 0)}`,
    '',
    ...section('ANSWER', message.answers),
    ...section('AUTHORITY', message.authorities),
    ...section(
      'ADDITIONAL',
      message.additionals.filter((record) => record.type !== 'OPT'),
    ),
    `;; Query time: ${Math.round(answer.elapsedNs / 1e6)} msec`,
    `;; SERVER: ${formatIp(answer.server.address)}#53(${formatIp(answer.server.address)}) (UDP)`,
    `;; MSG SIZE  rcvd: ${answer.bytes}`,
    '',
    '',
  ];
  return lines.join('\n');
}

function fullLine(record: DnsRecord): string {
  if (record.type === 'OPT') return '';
  const type = record.type === 'other' ? dnsTypeName(record.typeCode) : record.type;
  return `${record.name === '.' ? '' : record.name}.\t${record.ttl}\tIN\t${type}\t${recordLine(record) ?? ''}`;
}

const host: Tool = async (io) => {
  const [name = '', server] = io.args.filter((arg) => !arg.startsWith('-'));
  const config = await configFor(io, server);
  if (config === undefined) return io.fail(`couldn't get address for '${server}': not found`);
  const literal = parseIp(name);
  const types = literal.ok ? [DNS_TYPE.PTR] : [DNS_TYPE.A, DNS_TYPE.AAAA];
  for (const candidate of literal.ok ? [reverseName(literal.value)] : searchNames(name, config)) {
    const answers = await askAll(io, { name: candidate, types, config });
    if (answers === undefined) {
      await io.out(';; no servers could be reached\n');
      return 1;
    }
    const records = answers.flatMap((answer) => answer.message.answers);
    for (const record of records) {
      if (record.type === 'A')
        await io.out(`${record.name} has address ${formatIp(record.address)}\n`);
      else if (record.type === 'AAAA')
        await io.out(`${record.name} has IPv6 address ${formatIp(record.address)}\n`);
      else if (record.type === 'CNAME')
        await io.out(`${record.name} is an alias for ${record.target}.\n`);
      else if (record.type === 'PTR')
        await io.out(`${record.name} domain name pointer ${record.target}.\n`);
    }
    if (records.length > 0) return 0;
  }
  await io.out(`Host ${name} not found: 3(NXDOMAIN)\n`);
  return 1;
};

const getent: Tool = async (io) => {
  const [database = '', ...names] = io.args;
  if (database !== 'hosts' && database !== 'ahosts' && database !== 'ahostsv4') return 2;
  if (names.length === 0) {
    const text = io.files.readText('/etc/hosts');
    await io.out(text.ok ? text.value : '');
    return 0;
  }
  let status = 0;
  for (const name of names) {
    const resolved = await resolveHost(io.guest, name);
    if (!resolved.ok) {
      status = 2;
      continue;
    }
    const local = lookupHostsFile(io.guest, name);
    const canonical = local?.canonical ?? (await canonicalName(io, name));
    for (const address of resolved.value) await io.out(hostsLine(address, canonical));
  }
  return status;
};

async function canonicalName(io: ToolIo, name: string): Promise<string> {
  const config = resolverConfig(io.guest);
  for (const candidate of searchNames(name, config)) {
    const answer = await queryServers(io.guest, { name: candidate, type: DNS_TYPE.A, config });
    if (answer.ok && addressesOf(answer.value.message).length > 0) return candidate;
  }
  return name;
}

function hostsLine(address: Ip, name: string): string {
  return `${formatIp(address).padEnd(15)} ${name}\n`;
}

/** Name tools by name. */
export const NAME_TOOLS: Readonly<Record<string, Tool>> = { nslookup, dig, host, getent };
