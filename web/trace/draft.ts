import type { TraceRequest } from '../../server/contract/live.js';

/** What a person has written in the trace form so far, as text. */
export interface Draft {
  readonly from: string;
  readonly to: string;
  readonly protocol: TraceRequest['protocol'];
  readonly port: string;
  /** Octets of payload. */
  readonly size: string;
  readonly ttl: string;
  readonly dontFragment: boolean;
}

/** A field of the form that an error can belong to. */
export type DraftField = 'from' | 'to' | 'port' | 'size' | 'ttl';

/** An error at the field that caused it; without one it concerns the whole form. */
export interface DraftError {
  readonly field: DraftField | undefined;
  readonly text: string;
}

export const EMPTY_DRAFT: Draft = {
  from: '',
  to: '',
  protocol: 'tcp',
  port: '',
  size: '',
  ttl: '',
  dontFragment: false,
};

/** What was kept or came with a link, read with care: everything else is as in an empty form. */
export function draftFrom(stored: unknown): Draft {
  if (typeof stored !== 'object' || stored === null) return EMPTY_DRAFT;
  const kept = stored as Readonly<Record<string, unknown>>;
  const text = (name: string) => {
    const value = kept[name];
    return typeof value === 'string' ? value.slice(0, 300) : '';
  };
  return {
    from: text('from'),
    to: text('to'),
    protocol: kept.protocol === 'udp' || kept.protocol === 'icmp' ? kept.protocol : 'tcp',
    port: text('port'),
    size: text('size'),
    ttl: text('ttl'),
    dontFragment: kept.dontFragment === true || kept.dontFragment === 'true',
  };
}

/** The request that a draft asks for; numbers that are none go as they are, so that the server says what is wrong. */
export function requestOf(draft: Draft): TraceRequest {
  const port = draft.protocol === 'icmp' ? undefined : numberIn(draft.port);
  const size = numberIn(draft.size);
  const ttl = numberIn(draft.ttl);
  return {
    from: draft.from.trim(),
    to: draft.to.trim(),
    protocol: draft.protocol,
    ...(port === undefined ? {} : { port }),
    ...(size === undefined ? {} : { size }),
    ...(ttl === undefined ? {} : { ttl }),
    ...(draft.dontFragment ? { dontFragment: true } : {}),
  };
}

/** The form as it stands when a request was sent from it. */
export function draftOf(request: TraceRequest): Draft {
  return draftFrom({
    ...request,
    port: `${request.port ?? ''}`,
    size: `${request.size ?? ''}`,
    ttl: `${request.ttl ?? ''}`,
  });
}

function numberIn(text: string): number | undefined {
  return text.trim() === '' ? undefined : Number(text);
}

const FIELDS: readonly DraftField[] = ['from', 'to', 'port', 'size', 'ttl'];

/** Which field a sentence of the server is about: it begins with its name. */
export function errorAt(text: string): DraftError {
  const field = FIELDS.find((name) => text.startsWith(`${name}:`) || text.startsWith(`${name} `));
  return { field, text: field === undefined ? text : text.replace(/^\w+: /, '') };
}

/** The command that sends the same probe, to be pasted into a shell. */
export function cliOf(request: TraceRequest, server: string): string {
  const words = ['npx', 'podnet', 'trace', '--server', server, request.from, request.to];
  if (request.protocol !== 'tcp') words.push('--protocol', request.protocol);
  if (request.port !== undefined) words.push('--port', `${request.port}`);
  if (request.size !== undefined) words.push('--size', `${request.size}`);
  if (request.ttl !== undefined) words.push('--ttl', `${request.ttl}`);
  if (request.dontFragment === true) words.push('--dont-fragment');
  return words.map(quoted).join(' ');
}

function quoted(word: string): string {
  return /^[\w@%+=:,./[\]-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The Trace that sends the same probe, for `kubectl create -f -`. */
export function manifestOf(request: TraceRequest): string {
  const { from, to, protocol, port, size, ttl, dontFragment } = request;
  const rows = Object.entries({ from, to, protocol, port, size, ttl, dontFragment })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `  ${name}: ${JSON.stringify(value)}`);
  return [
    'apiVersion: podnet.dev/v1',
    'kind: Trace',
    'metadata:',
    '  generateName: trace-',
    'spec:',
    ...rows,
    '',
  ].join('\n');
}
