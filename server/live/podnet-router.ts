import { json, type NextFunction, type Request, type Response, Router } from 'express';
import type { Journey } from '../contract/journey.js';
import type { TraceRequest } from '../contract/live.js';
import type { CommandsReport, PortsReport, TraceReport } from '../contract/reports.js';
import type { SuggestReport, SuggestRequest } from '../contract/what-if.js';

type Reply<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: string };

/** What podnet's own questions are answered from. */
export interface PodnetQuestions {
  trace(request: TraceRequest): Promise<Reply<TraceReport>>;
  ports(pod: string, namespace: string): Reply<PortsReport>;
  commands(pod: string, namespace: string): Reply<CommandsReport>;
  podJourney(pod: string, namespace: string): Reply<Journey>;
  suggest(request: SuggestRequest): Promise<Reply<SuggestReport>>;
}

const MAX_BODY = '64kb';
const BASE = '/podnet/v1';

/**
 * podnet's own questions over HTTP, below `/podnet/v1`: `POST traces|suggestions`, `GET ports|commands|journeys?pod=&namespace=`. Refusals are Status objects.
 */
export function podnetRouter(questions: PodnetQuestions): Router {
  const router = Router();
  router.post(
    `${BASE}/traces`,
    json({ limit: MAX_BODY, type: () => true }),
    async (request: Request, response: Response) => {
      const asked: unknown = request.body;
      const problem = traceProblem(asked);
      if (problem !== undefined) refuse(response, problem);
      else answer(response, await questions.trace(asked as TraceRequest));
    },
  );
  router.post(
    `${BASE}/suggestions`,
    json({ limit: MAX_BODY, type: () => true }),
    async (request: Request, response: Response) => {
      const asked: unknown = request.body;
      if (typeof asked !== 'object' || asked === null || !('trace' in asked))
        refuse(response, 'the request must be an object with trace and journey');
      else answer(response, await questions.suggest(asked as SuggestRequest));
    },
  );
  const about = (path: string, ask: (pod: string, namespace: string) => Reply<unknown>) =>
    router.get(`${BASE}/${path}`, (request: Request, response: Response) => {
      const { pod, namespace = 'default' } = request.query;
      if (typeof pod !== 'string' || typeof namespace !== 'string')
        refuse(response, 'the query must name one pod: ?pod=NAME&namespace=NAME');
      else answer(response, ask(pod, namespace));
    });
  about('ports', (pod, namespace) => questions.ports(pod, namespace));
  about('commands', (pod, namespace) => questions.commands(pod, namespace));
  about('journeys', (pod, namespace) => questions.podJourney(pod, namespace));
  router.use(BASE, badBody);
  return router;
}

/** What is wrong with a request to trace; undefined when nothing is. */
export function traceProblem(asked: unknown): string | undefined {
  if (typeof asked !== 'object' || asked === null)
    return 'the request must be an object with from, to and protocol';
  const { from, to, protocol, port, ttl, size, namespace } = asked as Record<string, unknown>;
  if (typeof from !== 'string' || from === '') return 'from must name a pod, node/NAME or outside';
  if (typeof to !== 'string' || to === '') return 'to must name a Service, pod, DNS name or IP';
  if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'icmp') {
    return `protocol must be tcp, udp or icmp, not '${String(protocol)}'`;
  }
  if (namespace !== undefined && typeof namespace !== 'string') return 'namespace must be a name';
  for (const [name, value, least, most] of [
    ['port', port, 0, 65535],
    ['ttl', ttl, 1, 255],
    ['size', size, 0, 65507],
  ] as const) {
    if (value === undefined) continue;
    if (!Number.isInteger(value) || (value as number) < least || (value as number) > most) {
      return `${name} must be a whole number from ${least} to ${most}, not ${String(value)}`;
    }
  }
  return undefined;
}

function answer(response: Response, reply: Reply<unknown>): void {
  if (reply.ok) response.json(reply.value);
  else refuse(response, reply.error);
}

/** What the body parser could not take: not JSON, or too large. */
function badBody(error: unknown, _request: Request, response: Response, next: NextFunction): void {
  const { status, type } = error as { readonly status?: unknown; readonly type?: unknown };
  if (status === 413) {
    send(response, {
      code: 413,
      reason: 'RequestEntityTooLarge',
      message: `the body must be at most ${MAX_BODY}`,
    });
  } else if (type === 'entity.parse.failed') {
    send(response, {
      code: 400,
      reason: 'BadRequest',
      message: 'the body must be a JSON object with from, to and protocol',
    });
  } else next(error);
}

function refuse(response: Response, message: string): void {
  send(response, { code: 422, reason: 'Invalid', message });
}

function send(
  response: Response,
  refusal: { readonly code: number; readonly reason: string; readonly message: string },
): void {
  response
    .status(refusal.code)
    .json({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', ...refusal });
}
