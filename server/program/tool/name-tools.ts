/** Tools that ask the name system: dig, host, getent. */
import {
  DNS_TYPE,
  type DnsRecord,
  dnsRcodeName,
  dnsTypeName,
  formatIp,
  type Ip,
  parseIp,
} from '../../../topology/index.js';
import { reverseName } from '../dns/zone.js';
import { resolveName } from '../net/names.js';
import { type DnsAnswer, queryServers, searchNames } from '../net/resolver.js';
import { lookupAddress } from '../net/reverse.js';
import { findService, findServiceByPort } from '../net/services.js';
import {
  askTypes,
  configFor,
  failureLine,
  failureText,
  NO_SERVERS,
  recordLine,
  typeNumber,
} from './dns-words.js';
import { nslookup } from './nslookup.js';
import type { Tool, ToolIo } from './tool.js';

const VERSION = '9.18.49-1~deb12u3-Debian';

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
      onFailure: (where, error) => failures.push(failureLine(where, error, asked)),
    });
    answer = got.ok ? got.value : undefined;
    if (answer === undefined || answer.message.answers.length > 0) break;
  }
  for (const line of failures) await io.out(line);
  if (answer === undefined) {
    // Without a way to the server, or with +short, dig says no more.
    if (failures.at(-1)?.endsWith(NO_SERVERS) === true) return 9;
    const banner = `\n; <<>> DiG ${VERSION} <<>> ${io.args.join(' ')}\n${server === undefined ? '' : '; (1 server found)\n'};; global options: +cmd\n`;
    await io.out(`${plus.has('short') ? '' : banner}${NO_SERVERS}`);
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
    `; <<>> DiG ${VERSION} <<>> ${io.args.join(' ')}`,
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
    const { answers, failures } = await askTypes(io, {
      name: candidate,
      typed: name,
      types,
      config,
    });
    if (failures.length > 0) {
      await io.out(failureText(failures));
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
  if (database === 'services') return getentServices(io, names);
  if (!/^a?hosts(v[46])?$/.test(database)) {
    await io.err(
      `Unknown database: ${database}\nTry \`getent --help' or \`getent --usage' for more information.\n`,
    );
    return 1;
  }
  if (names.length === 0) {
    const text = io.files.readText('/etc/hosts');
    await io.out(text.ok ? text.value : '');
    return 0;
  }
  let status = 0;
  for (const name of names) {
    const found =
      database === 'hosts' ? await getentHost(io, name) : await getentAddresses(io, name, database);
    if (!found) status = 2;
  }
  return status;
};

/** gethostbyaddr(3), or gethostbyname2(3) for IPv6 first and then IPv4. */
async function getentHost(io: ToolIo, name: string): Promise<boolean> {
  const literal = parseIp(name);
  if (literal.ok) {
    const found = await lookupAddress(io.guest, literal.value);
    if (found !== undefined) await io.out(hostsLine(literal.value, found));
    return found !== undefined;
  }
  for (const family of ['ipv6', 'ipv4'] as const) {
    const resolved = await resolveName(io.guest, name, { family });
    if (!resolved.ok || resolved.value.addresses.length === 0) continue;
    for (const address of resolved.value.addresses) {
      await io.out(hostsLine(address, resolved.value.canonical));
    }
    return true;
  }
  return false;
}

/** getaddrinfo(3): a line for each kind of socket. */
async function getentAddresses(io: ToolIo, name: string, database: string): Promise<boolean> {
  const family = database === 'ahostsv4' ? 'ipv4' : database === 'ahostsv6' ? 'ipv6' : undefined;
  const resolved = await resolveName(io.guest, name, family === undefined ? {} : { family });
  if (!resolved.ok) return false;
  for (const [index, address] of resolved.value.addresses.entries()) {
    const column = formatIp(address).padEnd(15);
    const canonical = index === 0 ? resolved.value.canonical : '';
    await io.out(`${column} STREAM ${canonical}\n${column} DGRAM  \n${column} RAW    \n`);
  }
  return true;
}

async function getentServices(io: ToolIo, names: readonly string[]): Promise<number> {
  let status = 0;
  for (const asked of names) {
    const [key = '', protocol] = asked.split('/');
    const byPort = /^\d+$/.test(key) ? findServiceByPort(Number(key), protocol) : undefined;
    const byName = findService(key, protocol);
    if (byPort !== undefined) {
      await io.out(`${byPort.name.padEnd(21)} ${key}/${byPort.protocol}\n`);
    } else if (byName !== undefined) {
      const aliases = key === 'http' ? ' www' : '';
      await io.out(`${key.padEnd(21)} ${byName.port}/${byName.protocol}${aliases}\n`);
    } else status = 2;
  }
  return status;
}

function hostsLine(address: Ip, name: string): string {
  return `${formatIp(address).padEnd(15)} ${name}\n`;
}

/** Name tools by name. */
export const NAME_TOOLS: Readonly<Record<string, Tool>> = { nslookup, dig, host, getent };
