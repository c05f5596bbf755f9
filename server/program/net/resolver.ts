/**
 * The stub resolver that C libraries give programs: /etc/hosts, then the name servers of /etc/resolv.conf with its search
 * list, `ndots`, `timeout` and `attempts` (resolv.conf(5)).
 *
 * Fidelity: one resolver for glibc and musl; A and AAAA are asked one after the other's packet, as glibc does, and
 * waited for together; nsswitch.conf is not read.
 */
import {
  DNS_TYPE,
  type DnsMessage,
  dnsQuery,
  emitDns,
  fail,
  type Ip,
  isDnsName,
  isIpv4,
  ok,
  parseDns,
  parseIp,
  type Result,
  type Socket,
  type SocketAddress,
} from '../../../topology/index.js';
import type { Guest } from '../guest.js';
import { whenReady } from '../io/wait.js';
import { connectTcp } from './tcp-stream.js';

/** What /etc/resolv.conf says, with the defaults of resolv.conf(5). */
export interface ResolverConfig {
  readonly nameservers: readonly Ip[];
  readonly search: readonly string[];
  readonly ndots: number;
  readonly timeoutNs: number;
  readonly attempts: number;
}

/** getaddrinfo(3)'s failures: no such name, a name without addresses, no answer, a failing server. */
export type ResolveError = 'EAI_NONAME' | 'EAI_NODATA' | 'EAI_AGAIN';

const DNS_PORT = 53;
const SECOND_NS = 1_000_000_000;

/** Reads the text of /etc/resolv.conf. */
export function parseResolvConf(text: string): ResolverConfig {
  const nameservers: Ip[] = [];
  let search: readonly string[] = [];
  const options = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [word, ...rest] = line.trim().split(/\s+/);
    if (word === 'nameserver') {
      const address = parseIp(rest[0] ?? '');
      if (address.ok && nameservers.length < 3) nameservers.push(address.value);
    } else if (word === 'search' || word === 'domain') search = rest;
    else if (word === 'options') {
      for (const option of rest) {
        const [name = '', value = ''] = option.split(':');
        options.set(name, value);
      }
    }
  }
  const number = (name: string, otherwise: number): number => {
    const value = options.get(name);
    return value !== undefined && /^\d+$/.test(value) ? Number(value) : otherwise;
  };
  return {
    nameservers: nameservers.length > 0 ? nameservers : [0x7f000001 as Ip],
    search,
    ndots: Math.min(15, number('ndots', 1)),
    timeoutNs: Math.max(1, Math.min(30, number('timeout', 5))) * SECOND_NS,
    attempts: Math.max(1, Math.min(5, number('attempts', 2))),
  };
}

/** The container's resolver configuration. */
export function resolverConfig(guest: Guest): ResolverConfig {
  const text = guest.request.files.readText('/etc/resolv.conf');
  return parseResolvConf(text.ok ? text.value : '');
}

/** Addresses of a name in /etc/hosts, and the line's first name. */
export function lookupHostsFile(
  guest: Guest,
  name: string,
): { readonly addresses: readonly Ip[]; readonly canonical: string } | undefined {
  const text = guest.request.files.readText('/etc/hosts');
  if (!text.ok) return undefined;
  const wanted = name.toLowerCase();
  const addresses: Ip[] = [];
  let canonical = name;
  for (const line of text.value.split('\n')) {
    const [addressText = '', ...names] = (line.split('#')[0] ?? '').trim().split(/\s+/);
    if (!names.some((each) => each.toLowerCase() === wanted)) continue;
    const address = parseIp(addressText);
    if (!address.ok) continue;
    if (addresses.length === 0) canonical = names[0] ?? name;
    addresses.push(address.value);
  }
  return addresses.length > 0 ? { addresses, canonical } : undefined;
}

/** Names to ask for, in order (res_search): with enough dots the name itself comes first, else last. */
export function searchNames(name: string, config: ResolverConfig): readonly string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)];
  const searched = config.search.map((domain) => `${name}.${domain.replace(/\.$/, '')}`);
  const dots = name.split('.').length - 1;
  return dots >= config.ndots ? [name, ...searched] : [...searched, name];
}

/** Which addresses a caller can use. */
export interface ResolveOptions {
  readonly family?: 'ipv4' | 'ipv6';
  /** Told the name that was found: one of the search list's, or what a CNAME leads to. */
  readonly onFound?: (canonical: string) => void;
}

/** Finds the addresses of a name or of an address written as text; IPv4 first. */
export async function resolveHost(
  guest: Guest,
  name: string,
  options: ResolveOptions = {},
): Promise<Result<readonly Ip[], ResolveError>> {
  const literal = parseIp(name.replace(/^\[|\]$/g, ''));
  if (literal.ok) return ok([literal.value]);
  const fits = (address: Ip): boolean =>
    options.family === undefined || isIpv4(address) === (options.family === 'ipv4');
  const local = lookupHostsFile(guest, name);
  const known = local?.addresses.filter(fits) ?? [];
  if (known.length > 0) return ok([...known].sort(ipv4First));
  if (name === '' || !isDnsName(name)) return fail('EAI_NONAME');
  return searchAddresses(guest, name, options);
}

/** res_search(3): as-is first with enough dots; a silent server ends the search, after the name as it is. */
async function searchAddresses(
  guest: Guest,
  name: string,
  options: ResolveOptions,
): Promise<Result<readonly Ip[], ResolveError>> {
  const config = resolverConfig(guest);
  const asIs = name.replace(/\.$/, '');
  const failures: SearchFailure[] = [];
  let isOver = false;
  for (const candidate of searchNames(name, config)) {
    if (!isDnsName(candidate) || (isOver && candidate !== asIs)) continue;
    const answer = await askAddresses(guest, candidate, { config, family: options.family });
    if (answer.ok) {
      options.onFound?.(answer.value.canonical);
      return ok([...answer.value.addresses].sort(ipv4First));
    }
    if (answer.error === 'REFUSED') return fail('EAI_AGAIN');
    failures.push(answer.error);
    isOver = answer.error === 'SILENT';
    if (isOver && candidate === asIs) break;
  }
  if (failures.includes('EAI_NODATA')) return fail('EAI_NODATA');
  if (failures.includes('SERVFAIL') || failures.includes('SILENT')) return fail('EAI_AGAIN');
  return fail('EAI_NONAME');
}

/** Why a candidate of the search list has no addresses. */
type SearchFailure = 'EAI_NONAME' | 'EAI_NODATA' | 'SERVFAIL' | 'SILENT' | 'REFUSED';

function ipv4First(a: Ip, b: Ip): number {
  return Number(isIpv4(b)) - Number(isIpv4(a));
}

async function askAddresses(
  guest: Guest,
  name: string,
  how: { readonly config: ResolverConfig; readonly family: 'ipv4' | 'ipv6' | undefined },
): Promise<
  Result<{ readonly addresses: readonly Ip[]; readonly canonical: string }, SearchFailure>
> {
  const types = [
    ...(how.family === 'ipv6' ? [] : [DNS_TYPE.A]),
    ...(how.family === 'ipv4' ? [] : [DNS_TYPE.AAAA]),
  ];
  const answers = await Promise.all(
    types.map((type) => queryServers(guest, { name, type, config: how.config, backoff: true })),
  );
  const records = answers.flatMap((answer) => (answer.ok ? answer.value.message.answers : []));
  const found = records.filter((record) => record.type === 'A' || record.type === 'AAAA');
  const [first] = found;
  if (first !== undefined) {
    return ok({ addresses: found.map(({ address }) => address), canonical: first.name });
  }
  const silent = answers.find((answer) => !answer.ok);
  if (silent?.ok === false) return fail(silent.error === 'TIMEOUT' ? 'SILENT' : 'REFUSED');
  const codes = answers.map((answer) => (answer.ok ? answer.value.message.rcode : 0));
  if (codes.some((code) => code !== 0 && code !== 3)) return fail('SERVFAIL');
  return fail(codes.every((code) => code === 3) ? 'EAI_NONAME' : 'EAI_NODATA');
}

/** The addresses in an answer, CNAMEs followed by the server already. */
export function addressesOf(message: DnsMessage): readonly Ip[] {
  return message.answers.flatMap((record): Ip[] =>
    record.type === 'A' || record.type === 'AAAA' ? [record.address] : [],
  );
}

/** A question to name servers. */
export interface DnsAsk {
  readonly name: string;
  /** A `DNS_TYPE`. */
  readonly type: number;
  readonly config: ResolverConfig;
  readonly tcp?: boolean;
  /** The C library's time for each server: the second has 2/n and the third 4/n of it, n being their number, 1 s at least. */
  readonly backoff?: boolean;
  /** Questions carry an OPT record (RFC 6891) with a client's cookie (RFC 7873), as dig's do; default false. */
  readonly edns?: boolean;
  /** Called for each attempt that failed, for tools that print them. */
  onFailure?(server: SocketAddress, error: string): void;
}

/** An answer, who gave it and how long that took. */
export interface DnsAnswer {
  readonly message: DnsMessage;
  readonly server: SocketAddress;
  readonly elapsedNs: number;
  readonly bytes: number;
}

/**
 * Asks each server in turn, `attempts` rounds of it, over UDP and again over TCP when the answer was truncated.
 *
 * Failure: the last errno, or `TIMEOUT`.
 */
export async function queryServers(guest: Guest, ask: DnsAsk): Promise<Result<DnsAnswer, string>> {
  let failure = 'TIMEOUT';
  for (let attempt = 0; attempt < ask.config.attempts; attempt++) {
    for (const [index, address] of ask.config.nameservers.entries()) {
      const server = { address, port: DNS_PORT };
      const timeoutNs = ask.backoff === true ? serverTimeoutNs(ask.config, index) : undefined;
      const config = timeoutNs === undefined ? ask.config : { ...ask.config, timeoutNs };
      const answer = await queryServer(guest, server, { ...ask, config });
      if (answer.ok) return answer;
      failure = answer.error;
      ask.onFailure?.(server, failure);
    }
  }
  return fail(failure);
}

/** __res_context_send: `retrans << ns`, shared by the servers from the second on, in whole seconds. */
function serverTimeoutNs(config: ResolverConfig, index: number): number {
  const seconds = (config.timeoutNs / SECOND_NS) * 2 ** index;
  const shared = index === 0 ? seconds : Math.floor(seconds / config.nameservers.length);
  return Math.max(1, shared) * SECOND_NS;
}

const COOKIE_OPTION = [0, 10, 0, 8] as const;

function optRecord(guest: Guest) {
  const cookie = Array.from({ length: 8 }, () => Math.floor(guest.request.random() * 256));
  return {
    type: 'OPT',
    udpPayloadBytes: 1232,
    extendedRcode: 0,
    version: 0,
    dnssecOk: false,
    options: Uint8Array.of(...COOKIE_OPTION, ...cookie),
  } as const;
}

/** Asks one server once. */
export async function queryServer(
  guest: Guest,
  server: SocketAddress,
  ask: Omit<DnsAsk, 'onFailure'>,
): Promise<Result<DnsAnswer, string>> {
  if (!isDnsName(ask.name)) return fail('EAI_NONAME');
  const startNs = guest.sys.nowNs;
  const id = Math.floor(guest.request.random() * 65536);
  const plain = dnsQuery(id, ask.name, ask.type);
  const query = emitDns(ask.edns === true ? { ...plain, additionals: [optRecord(guest)] } : plain);
  const octets =
    ask.tcp === true
      ? await overTcp(guest, server, { query, timeoutNs: ask.config.timeoutNs })
      : await overUdp(guest, server, { query, timeoutNs: ask.config.timeoutNs });
  if (!octets.ok) return octets;
  const message = parseDns(octets.value);
  if (!message.ok) return fail('MALFORMED');
  if (message.value.truncated && ask.tcp !== true) {
    return queryServer(guest, server, { ...ask, tcp: true });
  }
  const elapsedNs = guest.sys.nowNs - startNs;
  return ok({ message: message.value, server, elapsedNs, bytes: octets.value.length });
}

interface Packed {
  readonly query: Uint8Array;
  readonly timeoutNs: number;
}

async function overUdp(
  guest: Guest,
  server: SocketAddress,
  { query, timeoutNs }: Packed,
): Promise<Result<Uint8Array, string>> {
  const made = guest.socket('dgram', server.address);
  if (!made.ok) return made;
  const socket = made.value;
  const answer = await exchangeDatagram(guest, socket, { server, query, timeoutNs });
  socket.close();
  return answer;
}

async function exchangeDatagram(
  guest: Guest,
  socket: Socket,
  { server, query, timeoutNs }: Packed & { readonly server: SocketAddress },
): Promise<Result<Uint8Array, string>> {
  const refused = socket.connect(server.address, server.port);
  if (refused !== undefined) return fail(refused);
  const sent = socket.send(query);
  if (!sent.ok) return sent;
  const deadline = guest.sys.nowNs + timeoutNs;
  for (;;) {
    const got = socket.receive();
    if (got.ok) {
      const { octets } = got.value;
      // An answer to an earlier question is not ours.
      if (octets[0] === query[0] && octets[1] === query[1]) return ok(octets);
      continue;
    }
    if (got.error !== 'EAGAIN') return got;
    const pending = socket.takeError();
    if (pending !== undefined) return fail(pending);
    const left = deadline - guest.sys.nowNs;
    if (left <= 0 || (await whenReady(guest.sys, socket, left)) === 'timeout')
      return fail('TIMEOUT');
  }
}

async function overTcp(
  guest: Guest,
  server: SocketAddress,
  { query, timeoutNs }: Packed,
): Promise<Result<Uint8Array, string>> {
  const connected = await connectTcp(guest, server, { timeoutNs });
  if (!connected.ok) return connected;
  const stream = connected.value;
  const framed = new Uint8Array(query.length + 2);
  framed[0] = query.length >> 8;
  framed[1] = query.length & 255;
  framed.set(query, 2);
  await stream.write(framed);
  const head = await stream.readExactly(2);
  const length =
    head.ok && head.value !== undefined ? ((head.value[0] ?? 0) << 8) | (head.value[1] ?? 0) : 0;
  const body = length > 0 ? await stream.readExactly(length) : undefined;
  stream.close();
  if (body?.ok !== true || body.value === undefined) return fail('EOF');
  return ok(body.value);
}
