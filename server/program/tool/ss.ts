/**
 * `ss` of iproute2 6.1: TCP and UDP sockets of a network namespace.
 *
 * Fidelity: netlink, packet, raw and unix sockets are not listed; `-i`, `-m` and `-e` show what podnet knows of a
 * connection, cgroups and inode numbers of files not.
 */
import type { PortHolder } from '../../../topology/index.js';
import { inodeOf, peerOf } from '../io/socket-facts.js';
import { bracketed, isUnspecified, pidSeen, serviceNames, socketsOf } from './socket-rows.js';
import {
  ALL_STATES,
  CONNECTED_STATES,
  FilterError,
  readSocketFilter,
  type SocketTest,
  statesNamed,
} from './ss-filter.js';
import type { Tool, ToolIo } from './tool.js';
import { usageText } from './usage.js';

type Family = 'inet' | 'inet6';

interface Request {
  readonly protocols: ReadonlySet<string>;
  readonly families: ReadonlySet<Family>;
  readonly states: ReadonlySet<string>;
  readonly test: SocketTest;
  readonly letters: ReadonlySet<string>;
}

/** What ends `ss` before it lists anything. */
interface Ending {
  readonly status: number;
  readonly out?: string;
  readonly err?: string;
}

const LONG: Readonly<Record<string, string>> = {
  help: 'h',
  version: 'V',
  numeric: 'n',
  resolve: 'r',
  all: 'a',
  listening: 'l',
  options: 'o',
  extended: 'e',
  memory: 'm',
  processes: 'p',
  threads: 'T',
  info: 'i',
  summary: 's',
  ipv4: '4',
  ipv6: '6',
  packet: '0',
  tcp: 't',
  udp: 'u',
  raw: 'w',
  unix: 'x',
  sctp: 'S',
  dccp: 'd',
  mptcp: 'M',
  kill: 'K',
  'no-header': 'H',
  oneline: 'O',
  net: 'N',
  family: 'f',
  query: 'A',
  socket: 'A',
  contexts: 'z',
  context: 'Z',
  bpf: 'b',
  events: 'E',
  filter: 'F',
  diag: 'D',
};

const SS_USAGE = usageText(
  'ss [-a] [-l] [-t] [-u] [-4] [-6] [-f FAMILY] [-A KINDS] [-n] [-p] [-e] [-o] [-i] [-m] [-H] [-O]',
  '    [state|exclude STATE] [FILTER]',
  'ss -s',
);

const WITH_VALUE = new Set(['N', 'f', 'A', 'F', 'D']);

/** `ss`. */
export const ss: Tool = async (io) => {
  const request = readRequest(io);
  if ('status' in request) {
    if (request.out !== undefined) await io.out(request.out);
    if (request.err !== undefined) await io.err(request.err);
    return request.status;
  }
  if (request.letters.has('s')) return summary(io);
  const rows = [...request.protocols].flatMap((proto) => {
    const found = proto === 'udp' || proto === 'tcp' ? socketsOf(io, proto) : [];
    return found.filter(
      (holder) =>
        request.families.has(holder.family) &&
        request.states.has(holder.state) &&
        request.test(holder),
    );
  });
  await io.out(layOut(io, request, rows));
  return 0;
};

function readRequest(io: ToolIo): Request | Ending {
  const letters = new Set<string>();
  const words: string[] = [];
  const protocols = new Set<string>();
  const families = new Set<Family>();
  for (let at = 0; at < io.args.length; at++) {
    const arg = io.args[at] ?? '';
    if (words.length > 0 || !/^-./.test(arg)) {
      words.push(arg);
      continue;
    }
    const [name = '', inline] = arg.replace(/^--/, '').split('=');
    const found = arg.startsWith('--') ? [LONG[name] ?? '?'] : [...arg.slice(1)];
    for (const [index, letter] of found.entries()) {
      if (!/^[hVnraloempTis460tuwxSdMKHONfAzZbEFD]$/.test(letter)) {
        const what = arg.startsWith('--')
          ? `unrecognized option '${arg}'`
          : `invalid option -- '${letter}'`;
        return { status: 255, err: `ss: ${what}\n${SS_USAGE}` };
      }
      letters.add(letter);
      if (!WITH_VALUE.has(letter)) continue;
      const rest = arg.startsWith('--') ? inline : arg.slice(index + 2) || undefined;
      takeValue(letter, rest ?? io.args[++at] ?? '', { protocols, families });
      break;
    }
  }
  if (letters.has('h')) return { status: 0, out: SS_USAGE };
  if (letters.has('V')) return { status: 0, out: 'ss utility, iproute2-6.1.0\n' };
  if (letters.has('z') || letters.has('Z'))
    return { status: 1, err: 'ss: SELinux is not enabled.\n' };
  for (const [letter, proto] of [
    ['u', 'udp'],
    ['t', 'tcp'],
    ['w', 'raw'],
    ['x', 'unix'],
    ['0', 'packet'],
    ['S', 'sctp'],
    ['d', 'dccp'],
  ] as const)
    if (letters.has(letter)) protocols.add(proto);
  if (letters.has('4')) families.add('inet');
  if (letters.has('6')) families.add('inet6');
  return chooseStates(io, { letters, words, protocols, families });
}

function takeValue(
  letter: string,
  value: string,
  into: { readonly protocols: Set<string>; readonly families: Set<Family> },
): void {
  if (letter === 'f' && (value === 'inet' || value === 'inet6')) into.families.add(value);
  if (letter !== 'A') return;
  for (const each of value.split(',')) {
    if (each === 'all' || each === 'inet')
      for (const proto of ['udp', 'tcp']) into.protocols.add(proto);
    else into.protocols.add(each);
  }
}

function chooseStates(
  io: ToolIo,
  asked: {
    readonly letters: ReadonlySet<string>;
    readonly words: readonly string[];
    readonly protocols: ReadonlySet<string>;
    readonly families: ReadonlySet<Family>;
  },
): Request | Ending {
  const { letters } = asked;
  const words = [...asked.words];
  const plain = asked.protocols.size === 0;
  const order = ['udp', 'raw', 'tcp', 'unix', 'packet', 'sctp', 'dccp'];
  const protocols = plain
    ? new Set(['udp', 'raw', 'tcp'])
    : new Set(order.filter((each) => asked.protocols.has(each)));
  const onlyDatagrams = !protocols.has('tcp') && !protocols.has('unix');
  let states = new Set(onlyDatagrams ? ['ESTAB'] : CONNECTED_STATES);
  if (letters.has('l')) states = new Set(['LISTEN', 'UNCONN']);
  if (letters.has('a')) states = new Set(ALL_STATES);
  let named: Set<string> | undefined;
  while (words[0] === 'state' || words[0] === 'exclude' || words[0] === 'excl') {
    const [verb, name = ''] = words.splice(0, 2);
    const found = statesNamed(name);
    if (found === undefined) return { status: 255, err: `ss: wrong state name: ${name}\n` };
    if (verb === 'state') named = new Set([...(named ?? []), ...found]);
    else
      named = new Set(
        [...(named ?? (letters.has('a') ? ALL_STATES : ALL_STATES))].filter(
          (each) => !found.includes(each),
        ),
      );
  }
  let test: SocketTest = () => true;
  if (words.length > 0) {
    try {
      test = readSocketFilter(words, serviceNames(io));
    } catch (error) {
      if (!(error instanceof FilterError)) throw error;
      const text = error.message.startsWith('syntax')
        ? `ss: bison bellows (while parsing filter): "syntax error!" Sorry.\n${SS_USAGE}`
        : `Error: ${error.message}\n`;
      return { status: error.message.startsWith('syntax') ? 255 : 1, err: text };
    }
  }
  const families = asked.families.size > 0 ? asked.families : new Set<Family>(['inet', 'inet6']);
  return { protocols, families, states: named ?? states, test, letters };
}

interface Cell {
  readonly text: string;
  readonly title: string;
  readonly right: boolean;
  /** What stands before it. */
  readonly space: string;
}

function layOut(io: ToolIo, request: Request, rows: readonly PortHolder[]): string {
  const { letters, protocols, states } = request;
  const services = letters.has('n') ? new Map<string, string>() : serviceNames(io);
  const columns = (cells: readonly string[]): Cell[] => {
    const [
      netid = '',
      state = '',
      receive = '',
      send = '',
      local = '',
      localPort = '',
      peer = '',
      peerPort = '',
      process = '',
    ] = cells;
    const all: (Cell | false)[] = [
      protocols.size > 1 && { text: netid, title: 'Netid', right: false, space: '' },
      states.size > 1 && { text: state, title: 'State', right: false, space: ' ' },
      { text: receive, title: 'Recv-Q', right: false, space: ' ' },
      { text: send, title: 'Send-Q', right: false, space: ' ' },
      { text: local, title: 'Local Address:', right: true, space: ' ' },
      { text: localPort, title: 'Port', right: false, space: '' },
      { text: peer, title: 'Peer Address:', right: true, space: ' ' },
      { text: peerPort, title: 'Port', right: false, space: '' },
      { text: process, title: 'Process', right: false, space: '' },
    ];
    return all.filter((cell) => cell !== false);
  };
  const lines = rows.map((holder) => columns(cellsOf(io, holder, { letters, services })));
  const titles = columns([]);
  const header = letters.has('H') ? [] : [titles.map((cell) => ({ ...cell, text: cell.title }))];
  const widths = titles.map((_, column) =>
    Math.max(0, ...[...header, ...lines].map((line) => line[column]?.text.length ?? 0)),
  );
  return [...header, ...lines]
    .map((line) => {
      const text = line.map((cell, column) => {
        const width = widths[column] ?? 0;
        const padded = cell.right ? cell.text.padStart(width) : cell.text.padEnd(width);
        return `${column === 0 ? '' : cell.space}${padded}`;
      });
      return `${text.join('')}\n`;
    })
    .join('');
}

function cellsOf(
  io: ToolIo,
  holder: PortHolder,
  how: { readonly letters: ReadonlySet<string>; readonly services: ReadonlyMap<string, string> },
): readonly string[] {
  const { proto, receiveQueue, sendQueue, state } = holder;
  const peer = peerOf(holder);
  const port = (number: number) =>
    number === 0 ? '*' : (how.services.get(`${number}/${proto}`) ?? String(number));
  return [
    proto,
    state,
    String(receiveQueue).padEnd(6),
    String(sendQueue).padEnd(6),
    `${addressText(holder, holder.address)}:`,
    port(holder.port),
    `${addressText(holder, peer.address)}:`,
    port(peer.port),
    processText(io, holder, how.letters),
  ];
}

/** `*` where one socket takes both families. */
function addressText(holder: PortHolder, address: PortHolder['address']): string {
  const both = holder.family === 'inet6' && !holder.v6only && isUnspecified(address);
  const device =
    holder.device === undefined || address !== holder.address ? '' : `%${holder.device}`;
  return `${both ? '*' : bracketed(address)}${device}`;
}

function processText(io: ToolIo, holder: PortHolder, letters: ReadonlySet<string>): string {
  let text = '';
  if (letters.has('p') && holder.fd !== undefined) {
    const pid = pidSeen(io, holder.pid);
    if (pid !== undefined) text += ` users:(("${holder.comm}",pid=${pid},fd=${holder.fd}))`;
  }
  if (letters.has('o') || letters.has('e')) text += timerText(holder);
  if (letters.has('e')) {
    if (holder.uid !== 0) text += ` uid:${holder.uid}`;
    text += ` ino:${holder.fd === undefined ? 0 : inodeOf(holder)} sk:${inodeOf(holder).toString(16)}`;
    if (holder.family === 'inet6') text += ` v6only:${holder.v6only ? 1 : 0}`;
    if (holder.state !== 'TIME-WAIT') text += ' <->';
  }
  const own = letters.has('i') || letters.has('m');
  if (own && holder.proto === 'tcp')
    text += `${letters.has('O') ? '' : '\n\t'}${infoText(holder, letters)}`;
  return text;
}

function timerText({ timer }: PortHolder): string {
  if (timer === undefined) return '';
  const left = timer.leftNs / 1e9;
  const time =
    left >= 60
      ? `${Math.floor(left / 60)}min${Math.floor(left % 60) > 0 ? `${Math.floor(left % 60)}sec` : ''}`
      : left >= 10
        ? `${Math.floor(left)}sec`
        : left >= 1
          ? `${Math.floor(left)}.${String(Math.floor((left % 1) * 1000)).padStart(3, '0')}ms`
          : `${Math.floor(left * 1000)}ms`;
  return ` timer:(${timer.name},${time},${timer.retransmits})`;
}

function infoText(holder: PortHolder, letters: ReadonlySet<string>): string {
  let text = '';
  if (letters.has('m'))
    text += ` skmem:(r${holder.receiveQueue},rb131072,t0,tb16384,f0,w${holder.state === 'LISTEN' ? 0 : holder.sendQueue},o0,bl0,d0)`;
  if (letters.has('i') && holder.state !== 'TIME-WAIT') text += ' cubic cwnd:10';
  return text;
}

async function summary(io: ToolIo): Promise<number> {
  const tcp = socketsOf(io, 'tcp');
  const udp = socketsOf(io, 'udp');
  const timeWait = tcp.filter(({ state }) => state === 'TIME-WAIT').length;
  const established = tcp.filter(({ state }) => state === 'ESTAB' || state === 'CLOSE-WAIT').length;
  const orphans = tcp.filter(
    ({ fd, state }) => fd === undefined && /FIN-WAIT|CLOSING|LAST/.test(state),
  ).length;
  const living = tcp.length - timeWait;
  const row = (name: string, rows: readonly PortHolder[]) => {
    const four = rows.filter(({ family }) => family === 'inet').length;
    const cells = [rows.length, four, rows.length - four].map((count) => String(count).padEnd(9));
    return `${name}\t  ${cells.join(' ')}\n`;
  };
  const open = tcp.filter(({ state }) => state !== 'TIME-WAIT');
  await io.out(
    `Total: ${living + udp.length}\nTCP:   ${tcp.length} (estab ${established}, closed ${timeWait}, orphaned ${orphans}, timewait ${timeWait})\n\nTransport Total     IP        IPv6\n`,
  );
  await io.out(
    `${row('RAW', [])}${row('UDP', udp)}${row('TCP', open)}${row('INET', [...udp, ...open])}${row('FRAG', [])}\n`,
  );
  return 0;
}
