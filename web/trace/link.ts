import type { TraceRequest } from '../../server/contract/live.js';
import type { Box } from '../model/geometry.js';
import type { PlaybackFilter } from '../model/playback.js';
import { type Draft, draftFrom, EMPTY_DRAFT } from './draft.js';

/** What a link to this page restores beside the cluster, which is in its path. */
export interface LinkedView {
  readonly selected: string | undefined;
  /** The part of the drawing that a person had brought into sight. */
  readonly view: Box | undefined;
  /** The question of the trace, or what the form held. */
  readonly draft: Draft | undefined;
  readonly trace?: LinkedTrace | undefined;
  /** Layers of the drawing, as `layersText` writes them. */
  readonly layers?: string | undefined;
  /** What parts of the page keep in links, by key. */
  readonly parts?: Iterable<readonly [key: string, value: string]>;
}

/** A trace and the step at which it is shown. */
export interface LinkedTrace {
  readonly id: string;
  /** Namespace that its ends are looked up in, where that is another than the default one. */
  readonly namespace: string | undefined;
  /** Number of the hop, and place of the step there, from 0. */
  readonly hop: number;
  readonly step: number;
  readonly filter: PlaybackFilter;
}

const SHOWN = ['first', 'request', 'replies', 'all'] as const;

/** Reads the part of an address after `#`; whatever it does not understand is left out. */
export function readLink(hash: string): LinkedView {
  const params = new URLSearchParams(hash.replace(/^#/, ''));
  const draft =
    params.has('from') || params.has('to') ? draftFrom(Object.fromEntries(params)) : undefined;
  return {
    selected: params.get('select')?.slice(0, 600) || undefined,
    view: boxFrom(params.get('view') ?? ''),
    draft,
    trace: traceFrom(params),
  };
}

function boxFrom(text: string): Box | undefined {
  const numbers = text.split(',').map(Number);
  const [x, y, width, height] = numbers;
  const whole = numbers.length === 4 && numbers.every((n) => Math.abs(n) < 1e6);
  if (!whole || x === undefined || y === undefined || width === undefined || height === undefined)
    return undefined;
  return width > 0 && height > 0 ? { x, y, width, height } : undefined;
}

function traceFrom(params: URLSearchParams): LinkedTrace | undefined {
  const id = params.get('trace')?.slice(0, 100) || undefined;
  if (id === undefined) return undefined;
  const at = /^(\d{1,6})\.(\d{1,6})$/.exec(params.get('step') ?? '');
  const only = params.get('only');
  const component = params.get('part')?.slice(0, 60) || undefined;
  const host = params.get('host')?.slice(0, 260) || undefined;
  return {
    id,
    namespace: params.get('namespace')?.slice(0, 63) || undefined,
    hop: Number(at?.[1] ?? 1),
    step: Number(at?.[2] ?? 0),
    filter: {
      shown: SHOWN.find((one) => one === params.get('shown')) ?? 'replies',
      rules: params.get('rules') === 'all' ? 'all' : 'deciding',
      ...(only === 'drops' || only === 'changes' ? { only } : {}),
      ...(component === undefined ? {} : { component }),
      ...(host === undefined ? {} : { host }),
    },
  };
}

/** The part after `#` that restores a view. */
export function writeLink(link: LinkedView): string {
  const { selected, view, draft = EMPTY_DRAFT, trace, layers, parts = [] } = link;
  const params = new URLSearchParams();
  const set = (key: string, value: string | undefined) => {
    if (value !== undefined && value !== '') params.set(key, value);
  };
  set('layers', layers);
  set('select', selected);
  if (view !== undefined) set('view', [view.x, view.y, view.width, view.height].map(short).join());
  for (const [name, value] of Object.entries(draft)) if (value !== false) set(name, `${value}`);
  if (trace !== undefined) {
    const { filter } = trace;
    set('trace', trace.id);
    set('namespace', trace.namespace);
    set('step', `${trace.hop}.${trace.step}`);
    set('shown', filter.shown === 'replies' ? undefined : filter.shown);
    set('rules', filter.rules === 'deciding' ? undefined : filter.rules);
    set('only', filter.only);
    set('part', filter.component);
    set('host', filter.host);
  }
  for (const [key, value] of parts) set(key, value);
  return `#${params}`;
}

/** A tenth of a pixel is enough for any zoom. */
function short(value: number): string {
  return `${Math.round(value * 10) / 10}`;
}

/** True when two requests ask the same. */
export function sameQuestion(a: TraceRequest, b: TraceRequest): boolean {
  return questionOf(a) === questionOf(b);
}

function questionOf(request: TraceRequest): string {
  const { from, to, protocol, port, size, ttl, dontFragment = false, namespace } = request;
  const place = namespace === 'default' ? undefined : namespace;
  return JSON.stringify([from, to, protocol, port, size, ttl, dontFragment, place]);
}
