/**
 * CoreDNS with the Corefile that kubeadm writes: errors, health, ready, kubernetes, forward, cache, loop, reload.
 *
 * Fidelity: a Corefile in the container is not read, but for its `log` plugin; there is no cache; the forward plugin
 * tries each upstream once, 5 s.
 */
import {
  DNS_RCODE,
  DNS_TYPE,
  type DnsMessage,
  type Ip,
  isIpv4,
  isLoopback4,
} from '../../../topology/index.js';
import type { ZoneSource } from '../contract.js';
import { type Guest, goListenError, SIGNALS } from '../guest.js';
import { queryServers, resolverConfig } from '../net/resolver.js';
import { plain, runWeb } from '../server/web.js';
import { type DnsReply, serveDns } from './dns-server.js';
import { addressRecords, answerFromZone, zoneSoa } from './zone.js';

const READY_PORT = 8181;
const HEALTH_PORT = 8080;
const FORWARD_TIMEOUT_NS = 5_000_000_000;

const EMPTY_ZONE: ZoneSource = {
  domain: 'cluster.local',
  hasNamespace: () => false,
  lookupService: () => undefined,
  findServiceByIp: () => undefined,
  findEndpointByIp: () => undefined,
};

/** The program; `-dns.port` sets the port. */
export function coredns(guest: Guest, args: readonly string[]): void {
  const flag = args.findIndex((arg) => /^--?dns\.port$/.test(arg));
  const inline = args.find((arg) => /^--?dns\.port=/.test(arg))?.split('=')[1];
  const port = Number(inline ?? (flag >= 0 ? args[flag + 1] : undefined) ?? 53);
  const refused = serveDns(guest, port, (query) => respond(guest, query));
  if (refused !== undefined) {
    guest.die(`${goListenError(refused.proto, `:${port}`, refused.errno)}\n`, 1);
    return;
  }
  guest.print(
    `.:${port}\n[INFO] plugin/reload: Running configuration SHA512 = 591cf328\nCoreDNS-1.11.3\nlinux/amd64, go1.21.11, a6338e9\n`,
  );
  const ok = () => plain('OK');
  if (!runWeb(guest, { runtime: 'go', port: HEALTH_PORT, handle: ok })) return;
  if (!runWeb(guest, { runtime: 'go', port: READY_PORT, handle: ok })) return;
  guest.exitOn([SIGNALS.TERM, SIGNALS.INT], 0, () => {
    guest.print('[INFO] SIGTERM: Shutting down servers then terminating\n');
  });
}

function respond(guest: Guest, query: DnsMessage): DnsReply | Promise<DnsReply> {
  const [question] = query.questions;
  if (question === undefined) return { rcode: DNS_RCODE.FORMERR };
  const zone = guest.request.zone ?? EMPTY_ZONE;
  const found = answerFromZone(zone, question);
  switch (found.kind) {
    case 'forward':
      return forward(guest, question.name, question.type);
    case 'no-name':
      return { rcode: DNS_RCODE.NXDOMAIN, authoritative: true, authorities: [zoneSoa(zone)] };
    case 'no-data':
      return { authoritative: true, authorities: [zoneSoa(zone)] };
    case 'answer': {
      const reply: DnsReply = {
        authoritative: true,
        answers: found.answers,
        additionals: found.additionals,
      };
      if (found.chase === undefined || question.type === DNS_TYPE.CNAME) return reply;
      return chase(guest, { reply, target: found.chase, type: question.type, zone });
    }
  }
}

async function chase(
  guest: Guest,
  wanted: {
    readonly reply: DnsReply;
    readonly target: string;
    readonly type: number;
    readonly zone: ZoneSource;
  },
): Promise<DnsReply> {
  const { reply, target, type, zone } = wanted;
  const inside = answerFromZone(zone, { name: target, type, class: 1 });
  const more =
    inside.kind === 'answer'
      ? inside.answers
      : inside.kind === 'forward'
        ? ((await forward(guest, target, type)).answers ?? [])
        : [];
  return { ...reply, answers: [...(reply.answers ?? []), ...more] };
}

async function forward(guest: Guest, name: string, type: number): Promise<DnsReply> {
  const { upstream } = guest.request;
  const configured = resolverConfig(guest);
  const nameservers: readonly Ip[] =
    upstream === undefined ? configured.nameservers : [upstream.address];
  const others = nameservers.filter((address) => !isIpv4(address) || !isLoopback4(address));
  // Forwarding to itself would go round for ever; the real one detects that at its start and gives up.
  if (others.length === 0) return { rcode: DNS_RCODE.SERVFAIL };
  const answer = await queryServers(guest, {
    name,
    type,
    config: { ...configured, nameservers: others, attempts: 1, timeoutNs: FORWARD_TIMEOUT_NS },
    onFailure: (_server, error) => {
      guest.print(
        `[ERROR] plugin/errors: 2 ${name}. ${error === 'TIMEOUT' ? 'i/o timeout' : error}\n`,
      );
    },
  });
  if (!answer.ok) return { rcode: DNS_RCODE.SERVFAIL };
  const { rcode, answers, authorities } = answer.value.message;
  return { rcode, answers, authorities };
}

/** Addresses documentation reserves (RFC 5737) for names that learners try. */
const WELL_KNOWN: ReadonlyMap<string, string> = new Map([
  ['example.com', '192.0.2.10'],
  ['www.example.com', '192.0.2.10'],
  ['example.org', '192.0.2.11'],
  ['example.net', '192.0.2.12'],
  ['google.com', '198.51.100.10'],
  ['www.google.com', '198.51.100.10'],
  ['github.com', '198.51.100.20'],
  ['api.github.com', '198.51.100.21'],
  ['kubernetes.io', '203.0.113.10'],
  ['www.kubernetes.io', '203.0.113.10'],
  ['registry.k8s.io', '203.0.113.11'],
  ['docker.io', '203.0.113.20'],
  ['httpbin.org', '203.0.113.30'],
  ['ifconfig.me', '203.0.113.31'],
]);

/** A resolver on the Internet, outside the cluster: knows a few names and says NXDOMAIN to others. */
export function outsideDns(guest: Guest): void {
  const refused = serveDns(guest, 53, (query) => {
    const [question] = query.questions;
    if (question === undefined) return { rcode: DNS_RCODE.FORMERR };
    const name = question.name.toLowerCase();
    const known = guest.request.outsideNames?.lookup(name) ?? wellKnown(name);
    if (known === undefined) return { rcode: DNS_RCODE.NXDOMAIN, authorities: [ROOT_SOA] };
    const records = addressRecords(question.name, known, 300).filter(
      (record) => DNS_TYPE[record.type === 'AAAA' ? 'AAAA' : 'A'] === question.type,
    );
    return records.length > 0 ? { answers: records } : { authorities: [ROOT_SOA] };
  });
  if (refused !== undefined) {
    guest.die(`${goListenError(refused.proto, ':53', refused.errno)}\n`, 1);
    return;
  }
  guest.exitOn([SIGNALS.TERM, SIGNALS.INT]);
}

/** The address of a name that learners try; undefined for others. */
export function wellKnown(name: string): readonly Ip[] | undefined {
  const text = WELL_KNOWN.get(name);
  if (text === undefined) return undefined;
  const octets = text.split('.').map(Number);
  const value = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  return [value as Ip];
}

const ROOT_SOA = {
  type: 'SOA',
  name: '.',
  ttl: 86_400,
  mname: 'a.root-servers.net',
  rname: 'nstld.verisign-grs.com',
  serial: 2_026_010_100,
  refresh: 1800,
  retry: 900,
  expire: 604_800,
  minimum: 86_400,
} as const;
