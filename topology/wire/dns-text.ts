import { formatIpv4, formatIpv6 } from '../addr/index.js';
import type { DnsMessage } from './dns.js';
import { type DnsRecord, dnsTypeName } from './dns-record.js';

/** A message in tcpdump's words: `4242+ A? api.default.svc.cluster.local.`, `4242* 1/0/0 A 10.96.0.7`. */
export function describeDns(message: DnsMessage): string {
  if (!message.response) {
    const asked = message.questions.map((q) => `${dnsTypeName(q.type)}? ${dotted(q.name)}`);
    const extra = message.additionals.length > 0 ? [`[${message.additionals.length}au]`] : [];
    return [`${message.id}${message.recursionDesired ? '+' : ''}`, ...extra, ...asked].join(' ');
  }
  const rcodes = ['', ' FormErr', ' ServFail', ' NXDomain', ' NotImp', ' Refused'];
  const rcode = rcodes[message.rcode] ?? ` Resp${message.rcode}`;
  const marks = [
    message.authoritative ? '*' : '',
    message.recursionAvailable ? '' : '-',
    message.truncated ? '|' : '',
  ].join('');
  const { answers, authorities, additionals } = message;
  const counts = `${answers.length}/${authorities.length}/${additionals.length}`;
  const shown = answers.map(describeRecord).join(', ');
  return `${message.id}${rcode}${marks} ${counts}${shown === '' ? '' : ` ${shown}`}`;
}

function describeRecord(record: DnsRecord): string {
  switch (record.type) {
    case 'A':
      return `A ${formatIpv4(record.address)}`;
    case 'AAAA':
      return `AAAA ${formatIpv6(record.address)}`;
    case 'CNAME':
    case 'PTR':
    case 'NS':
      return `${record.type} ${dotted(record.target)}`;
    case 'SRV':
      return `SRV ${dotted(record.target)}:${record.port} ${record.priority} ${record.weight}`;
    case 'MX':
      return `MX ${dotted(record.exchange)} ${record.preference}`;
    case 'TXT':
      return `TXT ${record.texts.map((text) => `"${text}"`).join(' ')}`;
    case 'SOA':
    case 'OPT':
      return record.type;
    case 'other':
      return dnsTypeName(record.typeCode);
  }
}

function dotted(name: string): string {
  return name === '.' ? name : `${name}.`;
}
