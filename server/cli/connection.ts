/** How commands reach a running server: its URL, and what they say who they are by. */

import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Command } from 'commander';
import { CommandFailure } from './exit.js';
import { type Access, bearer, readContexts, readText } from './kubeconfig-reader.js';

/** An answer, or a sentence that says why there is none. */
export type Reply<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: string };

/** Options that say which server, and as whom. */
export interface ServerOptions {
  readonly server?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly token?: string;
  readonly certificateAuthority?: string;
}

/** A running server, or one of its clusters (`http://HOST/clusters/NAME`), and how to come in. */
export interface Connection {
  readonly url: URL;
  readonly access: Access;
}

/** Adds `--server --kubeconfig --context --token --certificate-authority`. */
export function addServerOptions(command: Command, server: string): Command {
  return command
    .option('--server <url>', server)
    .option('--kubeconfig <file>', 'who to be, and the server when none is given')
    .option('--context <name>', 'context of the kubeconfig')
    .option('--token <token>', 'bearer token to say who one is by')
    .option('--certificate-authority <file>', "PEM file that the server's certificate comes from");
}

/**
 * The server that options name. `--server` alone takes the credentials of the kubeconfig's context for that server, if
 * there is one: they are told to no other. Undefined when the options name no server.
 *
 * Failures: `CommandFailure`.
 */
export function connectionOf(options: ServerOptions): Connection | undefined {
  const { server, kubeconfig, context, token, certificateAuthority } = options;
  const given = server === undefined ? undefined : serverUrl(server);
  if (given === undefined && kubeconfig === undefined && context === undefined) return undefined;
  const isChosen = kubeconfig !== undefined || context !== undefined;
  const isSelfContained = token !== undefined && certificateAuthority !== undefined;
  const contexts = isSelfContained && !isChosen ? undefined : readContexts(kubeconfig);
  const found =
    given === undefined || context !== undefined ? contexts?.find(context) : contexts?.at(given);
  const url = given ?? found?.server;
  if (url === undefined) return undefined;
  if (found !== undefined && found.server.origin !== url.origin)
    throw new CommandFailure(
      `context '${context}' is of ${found.server.origin}, not ${url.origin}`,
    );
  const access = found?.access() ?? { headers: {} };
  return {
    url,
    access: {
      ...access,
      ...(token === undefined ? {} : { headers: bearer(token), cert: undefined, key: undefined }),
      ...(certificateAuthority === undefined ? {} : { ca: readText(certificateAuthority) }),
    },
  };
}

function serverUrl(server: string): URL {
  if (/^https?:\/\//.test(server) && URL.canParse(server)) return new URL(server);
  throw new CommandFailure(`--server must be a URL such as http://127.0.0.1:8080, not '${server}'`);
}

const TIMEOUT_MS = 60_000;
/** Longest answer that is read, in octets: a capture is the largest. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

/** Asks a server, below its address; a body is sent as JSON by POST unless a method is given. */
export async function request<T>(
  connection: Connection,
  path: string,
  asked: { readonly method?: string; readonly body?: unknown } = {},
): Promise<Reply<T>> {
  const { origin } = connection.url;
  try {
    const { code, text } = await send(connection, path, asked);
    const answer = parsed(text);
    if (code >= 200 && code < 300 && answer !== undefined) return { ok: true, value: answer as T };
    const { message } = (answer ?? {}) as { readonly message?: unknown };
    const words = typeof message === 'string' ? message : `the server answered ${code}`;
    return { ok: false, error: code === 401 ? `${words}: ${WHO}` : words };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const hint = UNKNOWN_AUTHORITY.has(code ?? '') ? ` (${TRUST})` : '';
    return { ok: false, error: `no podnet server answers at ${origin}: ${message || code}${hint}` };
  }
}

const WHO = 'say who you are with --kubeconfig or --token';
const TRUST = 'say whom to trust with --kubeconfig or --certificate-authority';
const UNKNOWN_AUTHORITY = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
]);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface Answer {
  readonly code: number;
  readonly text: string;
}

function send(
  { url: base, access }: Connection,
  path: string,
  { method, body }: { readonly method?: string; readonly body?: unknown },
): Promise<Answer> {
  const url = new URL(`${base.pathname.replace(/\/$/, '')}${path}`, base);
  const { ca, cert, headers, isUnverified, key, servername } = access;
  const text = body === undefined ? undefined : JSON.stringify(body);
  const outgoing = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
    method: method ?? (text === undefined ? 'GET' : 'POST'),
    agent: false,
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: {
      ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, mutable(value)])),
      accept: 'application/json',
      ...(text === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ca,
    cert,
    key,
    rejectUnauthorized: isUnverified !== true,
    ...(servername === undefined ? {} : { servername }),
  });
  return new Promise((resolve, reject) => {
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      readAll(response).then((text) => resolve({ code: response.statusCode ?? 0, text }), reject);
    });
    outgoing.end(text);
  });
}

function mutable(value: string | readonly string[]): string | string[] {
  return typeof value === 'string' ? value : [...value];
}

async function readAll(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response) {
    parts.push(part as Buffer);
    bytes += (part as Buffer).length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error('the answer is too long');
  }
  return Buffer.concat(parts).toString();
}
