import { kubeRequest } from '../terminal/kube-request.js';

/** Which log is read. */
export interface LogSource {
  readonly base: string;
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly previous: boolean;
  /** Seconds of the past; empty for all. */
  readonly since: string;
}

/** What is heard of a log. */
export interface LogEvents {
  /** The whole text so far, bounded to its newest lines. */
  text(text: string): void;
  error(message: string): void;
}

/** Lines that are kept. */
const KEPT_LINES = 2000;
const KEPT_CHARACTERS = 1_000_000;
const AGAIN_MS = 2000;

/** Follows a log until the returned call; a container that is started again is followed again. */
export function followLog(source: LogSource, events: LogEvents): () => void {
  const abort = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const read = async (): Promise<void> => {
    const message = await readOnce(source, events, abort.signal).catch(() => undefined);
    if (abort.signal.aborted) return;
    if (message !== undefined) events.error(message);
    timer = setTimeout(read, AGAIN_MS);
  };
  void read();
  return () => {
    abort.abort();
    clearTimeout(timer);
  };
}

/** The newest lines of a text. */
export function newestLines(text: string): string {
  let from = Math.max(0, text.length - KEPT_CHARACTERS);
  const lines = text.slice(from).split('\n');
  if (lines.length > KEPT_LINES + 1) {
    return lines.slice(-KEPT_LINES - 1).join('\n');
  }
  if (from > 0) from = text.indexOf('\n', from) + 1;
  return text.slice(from);
}

/** Reads to the end of the log; gives a sentence when there is none. */
async function readOnce(
  { base, namespace, pod, container, previous, since }: LogSource,
  events: LogEvents,
  signal: AbortSignal,
): Promise<string | undefined> {
  const query = new URLSearchParams({
    container,
    tailLines: String(KEPT_LINES),
    ...(since === '' ? {} : { sinceSeconds: since }),
    ...(previous ? { previous: 'true' } : { follow: 'true' }),
  });
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log?${query}`;
  const response = await fetch(`${base}${path}`, { signal });
  if (!response.ok || response.body === null) {
    const again = await kubeRequest(base, path.replace('follow=true', 'follow=false'));
    return again.ok ? undefined : again.error;
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    text = newestLines(text + value);
    events.text(text);
  }
  if (text === '') events.text('');
  return undefined;
}
