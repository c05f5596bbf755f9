import { Agent, request } from 'node:http';
import type { Seen } from './follower.js';

/** What an object may be after the server was killed: the last state acknowledged, or the one asked for when it died. */
export interface Expected {
  /** The `step` that was acknowledged; undefined when the object is gone or was never made. */
  readonly acknowledged: number | undefined;
  /** The `step` asked for without an answer; 'deleted' a deletion; undefined when nothing was under way. */
  readonly asked: number | 'deleted' | undefined;
}

/** What writers were told, over all servers. */
export class Ledger {
  readonly expected = new Map<string, Expected>();
  /** resourceVersions of acknowledged creates and updates, by name. */
  readonly revisions = new Map<string, number[]>();
  acknowledged = 0;
}

const WRITERS = 32;
const PATH = '/api/v1/namespaces/default/configmaps';
/** Of so many objects all but one are deleted again. */
const KEEP_ONE_OF = 5;

/** Writes from 32 connections until the server is gone: each makes objects, changes them and deletes most. */
export async function writeUntilGone(url: string, round: number, ledger: Ledger): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: WRITERS });
  const writer = async (index: number): Promise<void> => {
    for (let count = 0; ; count++) {
      const name = `r${round}-w${index}-${count}`;
      await write({ agent, url, ledger, name, step: 0 });
      await write({ agent, url, ledger, name, step: 1 });
      if (count % KEEP_ONE_OF !== 0) await write({ agent, url, ledger, name, step: 'deleted' });
    }
  };
  const writers = Array.from({ length: WRITERS }, (_, index) => writer(index));
  for (const end of await Promise.allSettled(writers)) {
    if (end.status === 'rejected' && !(end.reason instanceof Gone)) throw end.reason;
  }
  agent.destroy();
}

/** The server is no more. */
class Gone extends Error {
  override readonly name = 'Gone';
}

interface Write {
  readonly agent: Agent;
  readonly url: string;
  readonly ledger: Ledger;
  readonly name: string;
  readonly step: number | 'deleted';
}

async function write({ agent, url, ledger, name, step }: Write): Promise<void> {
  const before = ledger.expected.get(name)?.acknowledged;
  ledger.expected.set(name, { acknowledged: before, asked: step });
  const method = step === 0 ? 'POST' : step === 'deleted' ? 'DELETE' : 'PUT';
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, labels: { parity: name.endsWith('0') ? 'zero' : `step-${step}` } },
    data: { step: String(step), text: 'x'.repeat(300) },
  };
  const answer = await ask({
    agent,
    url: `${url}${PATH}${step === 0 ? '' : `/${name}`}`,
    method,
    body: step === 'deleted' ? '' : JSON.stringify(object),
  });
  ledger.acknowledged++;
  ledger.expected.set(name, {
    acknowledged: step === 'deleted' ? undefined : step,
    asked: undefined,
  });
  if (step === 'deleted') return;
  const { resourceVersion } = (JSON.parse(answer) as Seen).metadata;
  const revisions = ledger.revisions.get(name) ?? [];
  revisions.push(Number(resourceVersion));
  ledger.revisions.set(name, revisions);
}

function ask({
  agent,
  url,
  method,
  body,
}: {
  readonly agent: Agent;
  readonly url: string;
  readonly method: string;
  readonly body: string;
}): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const gone = (): void => reject(new Gone());
    const asked = request(url, { agent, method, headers }, (response) => {
      let text = '';
      response.on('data', (octets: Buffer) => {
        text += octets.toString();
      });
      response.on('error', gone);
      response.on('end', () => {
        const { statusCode = 0 } = response;
        if (!response.complete) gone();
        else if (statusCode >= 200 && statusCode < 300) resolve(text);
        else reject(new Error(`${method} ${url}: ${statusCode} ${text}`));
      });
    });
    asked.on('error', gone);
    asked.end(body);
  });
}

interface StoredMap extends Seen {
  readonly data?: { readonly step?: string };
}

/** Names of objects that a server does not have as their writers were told. */
export async function lostWrites(url: string, ledger: Ledger): Promise<string[]> {
  const response = await fetch(`${url}${PATH}`);
  const { items } = (await response.json()) as { readonly items: readonly StoredMap[] };
  const there = new Map(items.map(({ metadata, data }) => [metadata.name, data?.step]));
  const lost: string[] = [];
  for (const [name, { acknowledged, asked }] of ledger.expected) {
    const is = there.get(name);
    const allowed = [stateOf(acknowledged)];
    if (asked !== undefined) allowed.push(stateOf(asked === 'deleted' ? undefined : asked));
    if (!allowed.includes(is)) lost.push(name);
    // From here on it is what it is.
    ledger.expected.set(name, {
      acknowledged: is === undefined ? undefined : Number(is),
      asked: undefined,
    });
  }
  return lost;
}

function stateOf(step: number | undefined): string | undefined {
  return step === undefined ? undefined : String(step);
}
