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
import {
  addressesOf,
  type DnsAnswer,
  lookupHostsFile,
  queryServers,
  resolveHost,
  resolverConfig,
  searchNames,
} from '../net/resolver.js';
import { askTypes, configFor, errorWords, recordLine, typeNumber } from './dns-words.js';
import { nslookup } from './nslookup.js';
import type { Tool, ToolIo } from './tool.js';

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
    const { answers, failures } = await askTypes(io, { name: candidate, types, config });
    if (failures.length > 0) {
      await io.out(`${failures.join('')};; no servers could be reached\n`);
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
