import {
  DNS_RCODE,
  DNS_UDP_BYTES,
  type DnsMessage,
  type Errno,
  emitDns,
  fitDns,
  type Ip,
  parseDns,
} from '../../../topology/index.js';
import { background } from '../guard.js';
import type { Guest } from '../guest.js';
import { OctetQueue } from '../io/octets.js';
import {
  type Connection,
  type ConnectionHandler,
  listenTcp,
  listenUdp,
} from '../net/tcp-server.js';

/** What a name server puts into its answer; the rest is taken from the question. */
export type DnsReply = Partial<
  Pick<DnsMessage, 'rcode' | 'answers' | 'authorities' | 'additionals' | 'authoritative'>
>;

/** Answers one question; the query is given whole for servers that pass it on. */
export type DnsResponder = (query: DnsMessage) => DnsReply | Promise<DnsReply>;

/** A responder that calls back, at once or later. */
type Ask = (query: DnsMessage, done: (reply: DnsReply) => void) => void;

/** Serves DNS over UDP and TCP on every address. The errno of a refused bind, with its protocol. */
export function serveDns(
  guest: Guest,
  port: number,
  respond: DnsResponder,
): { readonly proto: 'tcp' | 'udp'; readonly errno: Errno } | undefined {
  const any = 0 as Ip;
  const ask: Ask = (query, done) => {
    const reply = respond(query);
    if (reply instanceof Promise) background(guest, reply.then(done));
    else done(reply);
  };
  const tcp = listenTcp(guest, {
    address: any,
    port,
    accept: (connection) => new TcpDns(connection, ask),
  });
  if (!tcp.ok) return { proto: 'tcp', errno: tcp.error };
  const udp = listenUdp(guest, {
    address: any,
    port,
    onDatagram: (octets, from, socket) => {
      answer(octets, ask, (message, query) => {
        socket.send(fitDns(message, udpLimit(query)), from);
      });
    },
  });
  return udp.ok ? undefined : { proto: 'udp', errno: udp.error };
}

function udpLimit(query: DnsMessage): number {
  const opt = query.additionals.find((record) => record.type === 'OPT');
  return opt?.type === 'OPT' ? Math.max(DNS_UDP_BYTES, opt.udpPayloadBytes) : DNS_UDP_BYTES;
}

class TcpDns implements ConnectionHandler {
  private readonly connection: Connection;
  private readonly ask: Ask;
  private readonly input = new OctetQueue();

  constructor(connection: Connection, ask: Ask) {
    this.connection = connection;
    this.ask = ask;
  }

  onData(octets: Uint8Array): void {
    this.input.push(octets);
    for (;;) {
      const head = this.input.peek();
      const length = ((head[0] ?? 0) << 8) | (head[1] ?? 0);
      if (head.length < 2 || head.length < length + 2) return;
      const whole = this.input.take(length + 2).subarray(2);
      answer(whole, this.ask, (message) => {
        const packed = emitDns(message);
        const framed = new Uint8Array(packed.length + 2);
        framed[0] = packed.length >> 8;
        framed[1] = packed.length & 255;
        framed.set(packed, 2);
        this.connection.write(framed);
      });
    }
  }
}

function answer(
  octets: Uint8Array,
  ask: Ask,
  send: (message: DnsMessage, query: DnsMessage) => void,
): void {
  const parsed = parseDns(octets);
  if (!parsed.ok || parsed.value.response) return;
  const query = parsed.value;
  const finish = (reply: DnsReply): void => {
    const opt = query.additionals.some((record) => record.type === 'OPT') ? [OPT_RECORD] : [];
    send(
      {
        ...query,
        response: true,
        recursionAvailable: true,
        authoritative: reply.authoritative ?? false,
        rcode: reply.rcode ?? DNS_RCODE.NOERROR,
        answers: reply.answers ?? [],
        authorities: reply.authorities ?? [],
        additionals: [...(reply.additionals ?? []), ...opt],
      },
      query,
    );
  };
  if (query.opcode !== 0 || query.questions.length !== 1) {
    finish({ rcode: DNS_RCODE.NOTIMP });
    return;
  }
  ask(query, finish);
}

const OPT_RECORD = {
  type: 'OPT',
  udpPayloadBytes: 1232,
  extendedRcode: 0,
  version: 0,
  dnssecOk: false,
  options: new Uint8Array(0),
} as const;
