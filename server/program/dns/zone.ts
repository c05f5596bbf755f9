/**
 * Answers of the cluster's zone, as CoreDNS's `kubernetes` plugin gives them
 * (github.com/kubernetes/dns, docs/specification.md).
 */
import {
  DNS_TYPE,
  type DnsQuestion,
  type DnsRecord,
  formatIp,
  type Ip,
  isDnsName,
  isIpv4,
  parseIp,
} from '../../../topology/index.js';
import type { EndpointRecord, ServiceRecord, ZoneSource } from '../contract.js';

const TTL_SECONDS = 5;

/** What a zone says to one question. `forward` means that the name is not in it. */
export type ZoneAnswer =
  | {
      readonly kind: 'answer';
      readonly answers: readonly DnsRecord[];
      readonly additionals: readonly DnsRecord[];
      /** A name outside the zone that a CNAME leads to; the server finds its addresses. */
      readonly chase?: string;
    }
  | { readonly kind: 'no-data' }
  | { readonly kind: 'no-name' }
  | { readonly kind: 'forward' };

/** Answers a question from the zone and from the reverse zones of Services and endpoints. */
export function answerFromZone(zone: ZoneSource, question: DnsQuestion): ZoneAnswer {
  const name = question.name.toLowerCase().replace(/\.$/, '');
  if (name.endsWith('.in-addr.arpa') || name.endsWith('.ip6.arpa'))
    return reverse(zone, name, question);
  if (name === zone.domain) {
    return question.type === DNS_TYPE.SOA
      ? { kind: 'answer', answers: [zoneSoa(zone)], additionals: [] }
      : { kind: 'no-data' };
  }
  const suffix = `.${zone.domain}`;
  if (!name.endsWith(suffix)) return { kind: 'forward' };
  const labels = name.slice(0, -suffix.length).split('.');
  const section = labels.at(-1);
  if (section === 'svc') return inServices(zone, labels.slice(0, -1), question);
  if (section === 'pod') return inPods(zone, labels.slice(0, -1), question);
  if (name === `dns-version${suffix}` && question.type === DNS_TYPE.TXT) {
    return answered([{ name: question.name, ttl: TTL_SECONDS, type: 'TXT', texts: ['1.1.0'] }]);
  }
  return { kind: 'no-name' };
}

/** The zone's SOA, which comes with every negative answer. */
export function zoneSoa(zone: ZoneSource): DnsRecord {
  return {
    type: 'SOA',
    name: zone.domain,
    ttl: TTL_SECONDS,
    mname: `ns.dns.${zone.domain}`,
    rname: `hostmaster.${zone.domain}`,
    serial: 1_767_225_600,
    refresh: 7200,
    retry: 1800,
    expire: 86_400,
    minimum: TTL_SECONDS,
  };
}

function answered(
  answers: readonly DnsRecord[],
  additionals: readonly DnsRecord[] = [],
): ZoneAnswer {
  return { kind: 'answer', answers, additionals };
}

function inServices(
  zone: ZoneSource,
  labels: readonly string[],
  question: DnsQuestion,
): ZoneAnswer {
  const namespace = labels.at(-1);
  if (namespace === undefined) return { kind: 'no-data' };
  if (!zone.hasNamespace(namespace)) return { kind: 'no-name' };
  const name = labels.at(-2);
  if (name === undefined) return { kind: 'no-data' };
  const service = zone.lookupService(namespace, name);
  if (service === undefined) return { kind: 'no-name' };
  const rest = labels.slice(0, -2);
  if (rest.length === 0) return wholeService(zone, service, { question, namespace, name });
  const [first = '', second = ''] = rest;
  if (rest.length === 2 && first.startsWith('_') && second.startsWith('_')) {
    const port = { name: first.slice(1), protocol: second.slice(1).toUpperCase() };
    return onePort(zone, service, { question, namespace, name, port });
  }
  if (rest.length > 1) return { kind: 'no-name' };
  const endpoints = service.endpoints.filter((endpoint) => endpointName(endpoint) === first);
  if (endpoints.length === 0) return { kind: 'no-name' };
  return addressAnswer(
    endpoints.map((endpoint) => endpoint.address),
    question,
  );
}

interface Asked {
  readonly question: DnsQuestion;
  readonly namespace: string;
  readonly name: string;
}

function wholeService(zone: ZoneSource, service: ServiceRecord, asked: Asked): ZoneAnswer {
  const { question } = asked;
  if (service.externalName !== undefined) {
    const target = service.externalName.replace(/\.$/, '');
    if (!isDnsName(target)) return { kind: 'no-name' };
    const cname: DnsRecord = { name: question.name, ttl: TTL_SECONDS, type: 'CNAME', target };
    return { kind: 'answer', answers: [cname], additionals: [], chase: target };
  }
  if (question.type === DNS_TYPE.SRV) return onePort(zone, service, { ...asked, port: undefined });
  // A headless Service without endpoints has no name at all, as CoreDNS sees it.
  if (service.clusterIps.length === 0 && service.endpoints.length === 0) return { kind: 'no-name' };
  const addresses =
    service.clusterIps.length > 0
      ? service.clusterIps
      : service.endpoints.map((endpoint) => endpoint.address);
  return addressAnswer(addresses, question);
}

function addressAnswer(addresses: readonly Ip[], question: DnsQuestion): ZoneAnswer {
  const records = addressRecords(question.name, addresses).filter(
    (record) =>
      (record.type === 'A' && question.type === DNS_TYPE.A) ||
      (record.type === 'AAAA' && question.type === DNS_TYPE.AAAA) ||
      question.type === DNS_TYPE.ANY,
  );
  return records.length > 0 ? answered(records) : { kind: 'no-data' };
}

/** A and AAAA records of a name. */
export function addressRecords(
  name: string,
  addresses: readonly Ip[],
  ttl = TTL_SECONDS,
): DnsRecord[] {
  return addresses.map(
    (address): DnsRecord =>
      isIpv4(address) ? { name, ttl, type: 'A', address } : { name, ttl, type: 'AAAA', address },
  );
}

function onePort(
  zone: ZoneSource,
  service: ServiceRecord,
  asked: Asked & {
    readonly port: { readonly name: string; readonly protocol: string } | undefined;
  },
): ZoneAnswer {
  const { question, port } = asked;
  const wanted = (each: { name: string; protocol: string }): boolean =>
    port === undefined || (each.name === port.name && each.protocol === port.protocol);
  const base = `${asked.name}.${asked.namespace}.svc.${zone.domain}`;
  const found: { target: string; port: number; address: Ip }[] = [];
  if (service.clusterIps.length > 0) {
    for (const each of service.ports.filter(wanted)) {
      for (const address of service.clusterIps)
        found.push({ target: base, port: each.port, address });
    }
  } else {
    for (const endpoint of service.endpoints) {
      for (const each of endpoint.ports.filter(wanted)) {
        const target = `${endpointName(endpoint)}.${base}`;
        found.push({ target, port: each.port, address: endpoint.address });
      }
    }
  }
  if (found.length === 0) return { kind: 'no-name' };
  if (question.type !== DNS_TYPE.SRV && port !== undefined) {
    return addressAnswer(
      found.map((each) => each.address),
      question,
    );
  }
  const targets = [...new Map(found.map((each) => [`${each.target}:${each.port}`, each])).values()];
  const weight = Math.floor(100 / targets.length);
  const answers = targets.map(
    (each): DnsRecord => ({
      name: question.name,
      ttl: TTL_SECONDS,
      type: 'SRV',
      priority: 0,
      weight,
      port: each.port,
      target: each.target,
    }),
  );
  const additionals = found.flatMap((each) => addressRecords(each.target, [each.address]));
  return answered(answers, additionals);
}

/** An endpoint's label: its hostname, else its address with dashes. */
function endpointName(endpoint: EndpointRecord): string {
  return endpoint.hostname?.toLowerCase() ?? dashed(endpoint.address);
}

function dashed(address: Ip): string {
  return formatIp(address).replace(/[.:]/g, '-');
}

function inPods(zone: ZoneSource, labels: readonly string[], question: DnsQuestion): ZoneAnswer {
  const namespace = labels.at(-1);
  if (namespace === undefined) return { kind: 'no-data' };
  if (!zone.hasNamespace(namespace)) return { kind: 'no-name' };
  if (labels.length === 1) return { kind: 'no-data' };
  const text = labels[0] ?? '';
  const address = parseIp(
    /^\d+-\d+-\d+-\d+$/.test(text) ? text.replaceAll('-', '.') : text.replaceAll('-', ':'),
  );
  // `pods insecure`: any address is confirmed, whether there is such a pod or not.
  if (!address.ok || labels.length !== 2) return { kind: 'no-name' };
  return addressAnswer([address.value], question);
}

function reverse(zone: ZoneSource, name: string, question: DnsQuestion): ZoneAnswer {
  const address = addressOfReverse(name);
  if (address === undefined) return { kind: 'forward' };
  const service = zone.findServiceByIp(address);
  const endpoint = zone.findEndpointByIp(address);
  const target =
    service !== undefined
      ? `${service.name}.${service.namespace}.svc.${zone.domain}`
      : endpoint !== undefined
        ? `${endpoint.hostname}.${endpoint.service}.${endpoint.namespace}.svc.${zone.domain}`
        : undefined;
  if (target === undefined) return { kind: 'forward' };
  if (question.type !== DNS_TYPE.PTR) return { kind: 'no-data' };
  return answered([{ name: question.name, ttl: TTL_SECONDS, type: 'PTR', target }]);
}

/** The address that a name below in-addr.arpa or ip6.arpa stands for. */
export function addressOfReverse(name: string): Ip | undefined {
  const v4 = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\.in-addr\.arpa$/.exec(name);
  if (v4 !== null) {
    const parsed = parseIp(`${v4[4]}.${v4[3]}.${v4[2]}.${v4[1]}`);
    return parsed.ok ? parsed.value : undefined;
  }
  const nibbles = name
    .replace(/\.ip6\.arpa$/, '')
    .split('.')
    .reverse();
  if (nibbles.length !== 32) return undefined;
  const groups = nibbles.join('').match(/.{4}/g) ?? [];
  const parsed = parseIp(groups.join(':'));
  return parsed.ok ? parsed.value : undefined;
}

/** The name whose PTR record says what an address is called. */
export function reverseName(address: Ip): string {
  if (isIpv4(address)) return `${formatIp(address).split('.').reverse().join('.')}.in-addr.arpa`;
  const digits = address.toString(16).padStart(32, '0');
  return `${[...digits].reverse().join('.')}.ip6.arpa`;
}
