/** Tools that ask the name system: host, getent. */
import { DNS_TYPE, formatIp, type Ip, parseIp } from '../../../topology/index.js';
import { reverseName } from '../dns/zone.js';
import { resolveName } from '../net/names.js';
import { searchNames } from '../net/resolver.js';
import { lookupAddress } from '../net/reverse.js';
import { findService, findServiceByPort } from '../net/services.js';
import { dig } from './dig.js';
import { askTypes, configFor, failureText } from './dns-words.js';
import { nslookup } from './nslookup.js';
import type { Tool, ToolIo } from './tool.js';

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
