import { Agent, type IncomingMessage, request } from 'node:http';

const agent = new Agent({ keepAlive: true, maxSockets: 400 });

/** What a request is made of. */
export interface Asked {
  readonly method?: string;
  readonly accept?: string;
  readonly body?: string;
  /** Media type of the body; JSON when absent. */
  readonly type?: string;
}

/** Sends a request over a connection that is kept; resolves with the head of the answer. */
export function open(
  url: string,
  { method = 'GET', accept, body, type = 'application/json' }: Asked = {},
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      agent,
      method,
      headers: {
        ...(accept === undefined ? {} : { Accept: accept }),
        ...(body === undefined
          ? {}
          : { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) }),
      },
    });
    sent.once('error', reject);
    sent.once('response', resolve);
    sent.end(body);
  });
}

/** Sends a request and reads the whole answer. Throws unless it is a 2xx. */
export async function fetchBytes(url: string, asked: Asked = {}): Promise<Buffer> {
  const answer = await open(url, asked);
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  const octets = Buffer.concat(chunks);
  const { statusCode = 0 } = answer;
  if (statusCode >= 300)
    throw new Error(`${asked.method ?? 'GET'} ${url}: ${statusCode} ${octets.toString()}`);
  return octets;
}

/** Lets so many writers work one after another until the time is up; gives how often they did it in a second. */
export async function perSecond(
  load: { readonly writers: number; readonly seconds: number },
  write: (index: number) => Promise<unknown>,
): Promise<number> {
  let next = 0;
  let done = 0;
  const startMs = performance.now();
  const endMs = startMs + load.seconds * 1000;
  const writer = async (): Promise<void> => {
    while (performance.now() < endMs) {
      await write(next++);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: load.writers }, writer));
  return (done * 1000) / (performance.now() - startMs);
}
