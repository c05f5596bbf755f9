import { fail, ok, type Result } from '../../../topology/index.js';
import type { Guest } from '../guest.js';
import { concatOctets } from '../io/octets.js';
import { resolveHost } from '../net/resolver.js';
import { connectTcp, type StreamError, type TcpStream } from '../net/tcp-stream.js';
import { bulks, emitResp, parseResp, type RespValue } from './redis-store.js';

/** A connection to a redis server that is opened when first used and again after it broke. */
export class RedisClient {
  private readonly guest: Guest;
  private readonly host: string;
  private readonly port: number;
  private stream: TcpStream | undefined;
  /** Commands of several callers go one after another: answers come in the order of the questions. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(guest: Guest, host: string, port: number) {
    this.guest = guest;
    this.host = host;
    this.port = port;
  }

  /** Sends a command and reads its answer; `EAI_…` when the host has no address. */
  command(words: readonly string[]): Promise<Result<RespValue, string>> {
    const turn = this.last.then(() => this.ask(words));
    this.last = turn;
    return turn;
  }

  private async ask(words: readonly string[]): Promise<Result<RespValue, string>> {
    const stream = await this.open();
    if (!stream.ok) return stream;
    const failure = await stream.value.write(emitResp(bulks(words)));
    if (failure !== undefined) return this.broke(failure);
    let pending: Uint8Array = new Uint8Array(0);
    for (;;) {
      const parsed = parseResp(pending);
      if (parsed !== undefined) return ok(parsed.value);
      const got = await stream.value.read();
      if (!got.ok) return this.broke(got.error);
      if (got.value.length === 0) return this.broke('ECONNRESET');
      pending = concatOctets([pending, got.value]);
    }
  }

  close(): void {
    this.stream?.close();
    this.stream = undefined;
  }

  /** Connects when not connected. */
  async open(): Promise<Result<TcpStream, string>> {
    if (this.stream !== undefined) return ok(this.stream);
    const addresses = await resolveHost(this.guest, this.host);
    const address = addresses.ok ? addresses.value[0] : undefined;
    if (address === undefined) return fail(addresses.ok ? 'EAI_NODATA' : addresses.error);
    const connected = await connectTcp(this.guest, { address, port: this.port });
    if (!connected.ok) return connected;
    this.stream = connected.value;
    return connected;
  }

  private broke(error: StreamError): Result<RespValue, string> {
    this.close();
    return fail(error);
  }
}
