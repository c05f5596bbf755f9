/**
 * `dig` of bind 9.18.
 *
 * Fidelity: one question for each run; questions ask for recursion and do not set AD; a cookie is sent, and none comes back.
 */
import {
  DNS_TYPE,
  type DnsRecord,
  dnsRcodeName,
  dnsTypeName,
  formatIp,
  parseIp,
} from '../../../topology/index.js';
import { reverseName } from '../dns/zone.js';
import { formatDate } from '../io/date.js';
import { type DnsAnswer, queryServers, searchNames } from '../net/resolver.js';
import { configFor, failureLine, NO_SERVERS, recordLine, typeNumber } from './dns-words.js';
import type { Tool, ToolIo } from './tool.js';

const VERSION = '9.18.49-1~deb12u3-Debian';

/** What +noall hides and +NAME shows again. */
const PARTS = [
  'cmd',
  'comments',
  'question',
  'answer',
  'authority',
  'additional',
  'stats',
] as const;
type Part = (typeof PARTS)[number];

interface Wish {
  readonly server: string | undefined;
  readonly type: number;
  readonly name: string;
  readonly plus: ReadonlyMap<string, string>;
  readonly parts: ReadonlySet<Part>;
}

/** `dig`. */
export const dig: Tool = async (io) => {
  const wish = readWish(io.args);
  const { name, parts, plus, server, type } = wish;
  const config = await configFor(io, server);
  if (config === undefined) return io.fail(`couldn't get address for '${server}': not found`, 10);
  const limits = {
    ...config,
    timeoutNs: Number(plus.get('time') || 5) * 1e9,
    attempts: Number(plus.get('tries') || 3),
  };
  const tcp = plus.has('tcp');
  const failures: string[] = [];
  let answer: DnsAnswer | undefined;
  for (const each of plus.has('search') ? searchNames(name, config) : [name]) {
    const got = await queryServers(io.guest, {
      name: each,
      type,
      config: limits,
      tcp,
      edns: !plus.has('noedns'),
      onFailure: (where, error) => failures.push(failureLine(where, error, { name, tcp })),
    });
    answer = got.ok ? got.value : undefined;
    if (answer === undefined || answer.message.answers.length > 0) break;
  }
  for (const line of failures) await io.out(line);
  const banner = `\n; <<>> DiG ${VERSION} <<>> ${io.args.join(' ')}\n${server === undefined ? '' : '; (1 server found)\n'};; global options: +cmd\n`;
  const shown = plus.has('short') || !parts.has('cmd') ? '' : banner;
  if (answer === undefined) {
    // Without a way to the server, or with +short, dig says no more.
    if (failures.at(-1)?.endsWith(NO_SERVERS) === true) return 9;
    await io.out(`${shown}${NO_SERVERS}`);
    return 9;
  }
  if (plus.has('short')) {
    for (const record of answer.message.answers) await io.out(`${recordLine(record) ?? ''}\n`);
    return 0;
  }
  await io.out(
    shown + answerText(answer, parts) + (parts.has('stats') ? stats(io, answer, tcp) : ''),
  );
  return 0;
};

function readWish(args: readonly string[]): Wish {
  let server: string | undefined;
  let type: number = DNS_TYPE.A;
  let name = '.';
  const plus = new Map<string, string>();
  const parts = new Set<Part>(PARTS);
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    if (arg.startsWith('@')) server = arg.slice(1);
    else if (arg.startsWith('+')) {
      const [word = '', value = ''] = arg.slice(1).split('=');
      plus.set(word, value);
      choose(parts, word);
    } else if (arg === '-x') {
      const address = parseIp(args[++at] ?? '');
      if (address.ok) name = reverseName(address.value);
      type = DNS_TYPE.PTR;
    } else if (arg === '-t') type = typeNumber(args[++at] ?? '') ?? type;
    else if (!arg.startsWith('-')) {
      const asType = typeNumber(arg);
      if (asType !== undefined) type = asType;
      else name = arg;
    }
  }
  return { server, type, name: name.replace(/(.)\.$/, '$1'), plus, parts };
}

/** `+all`, `+noall`, `+stats`, `+nostats` and the like. */
function choose(parts: Set<Part>, word: string): void {
  const hides = word.startsWith('no');
  const named = hides ? word.slice(2) : word;
  for (const part of PARTS) {
    if (named !== 'all' && named !== part) continue;
    if (hides) parts.delete(part);
    else parts.add(part);
  }
}

function answerText({ message }: DnsAnswer, parts: ReadonlySet<Part>): string {
  const comments = parts.has('comments');
  const [question] = message.questions;
  const flags = [
    'qr',
    message.authoritative ? 'aa' : '',
    message.truncated ? 'tc' : '',
    message.recursionDesired ? 'rd' : '',
    message.recursionAvailable ? 'ra' : '',
  ].filter((flag) => flag !== '');
  const opt = message.additionals.find((record) => record.type === 'OPT');
  const additionals = message.additionals.filter((record) => record.type !== 'OPT');
  const section = (title: string, lines: readonly string[]): string =>
    lines.length === 0
      ? ''
      : `${comments ? `;; ${title} SECTION:\n` : ''}${lines.join('')}${comments ? '\n' : ''}`;
  const rows = (part: Part, title: string, records: readonly DnsRecord[]): string =>
    parts.has(part) ? section(title, records.map(recordRow)) : '';
  const { answers, authorities } = message;
  let text = '';
  if (comments) {
    text += ';; Got answer:\n';
    if (question?.name.endsWith('.local') === true)
      text +=
        ';; WARNING: .local is reserved for Multicast DNS\n;; You are currently testing what happens when an mDNS query is leaked to DNS\n';
    text += `;; ->>HEADER<<- opcode: QUERY, status: ${dnsRcodeName(message.rcode)}, id: ${message.id}\n`;
    text += `;; flags: ${flags.join(' ')}; QUERY: ${message.questions.length}, ANSWER: ${answers.length}, AUTHORITY: ${authorities.length}, ADDITIONAL: ${message.additionals.length}\n\n`;
    if (opt?.type === 'OPT')
      text += `;; OPT PSEUDOSECTION:\n; EDNS: version: ${opt.version}, flags:${opt.dnssecOk ? ' do' : ''}; udp: ${opt.udpPayloadBytes}\n`;
  }
  if (parts.has('question') && question !== undefined)
    text += section('QUESTION', [questionRow(question.name, question.type)]);
  return (
    text +
    rows('answer', 'ANSWER', answers) +
    rows('authority', 'AUTHORITY', authorities) +
    rows('additional', 'ADDITIONAL', additionals)
  );
}

function stats(io: ToolIo, { bytes, elapsedNs, server }: DnsAnswer, tcp: boolean): string {
  const address = formatIp(server.address);
  const when = formatDate(io.guest.wallMs, '%a %b %d %H:%M:%S UTC %Y');
  return `;; Query time: ${Math.floor(elapsedNs / 1e6)} msec\n;; SERVER: ${address}#53(${address}) (${tcp ? 'TCP' : 'UDP'})\n;; WHEN: ${when}\n;; MSG SIZE  rcvd: ${bytes}\n\n`;
}

/** Columns of TTL, class, type and data. Source: bind's lib/dns/masterdump.c with dig's style. */
const COLUMNS = [24, 32, 40, 48] as const;

function recordRow(record: DnsRecord): string {
  if (record.type === 'OPT') return '';
  const type = record.type === 'other' ? dnsTypeName(record.typeCode) : record.type;
  const cells = [String(record.ttl), 'IN', type, recordLine(record) ?? ''];
  return `${inColumns(absolute(record.name), cells, COLUMNS)}\n`;
}

function questionRow(name: string, type: number): string {
  return `;${inColumns(absolute(name), ['IN', dnsTypeName(type)], COLUMNS.slice(1))}\n`;
}

function absolute(name: string): string {
  return name === '.' || name === '' ? '.' : `${name}.`;
}

/** Cells at columns by tabs and blanks, at least one of them apart. */
function inColumns(name: string, cells: readonly string[], columns: readonly number[]): string {
  let text = name;
  let column = name.length;
  for (const [index, cell] of cells.entries()) {
    const to = Math.max(columns[index] ?? 0, column + 1);
    const tabs = Math.floor(to / 8) - Math.floor(column / 8);
    const blanks = tabs > 0 ? to % 8 : to - column;
    text += '\t'.repeat(tabs) + ' '.repeat(blanks) + cell;
    column = to + cell.length;
  }
  return text;
}
