/** Sample applications whose parts call one another: the guestbook and Istio's bookinfo. */
import { decodeUtf8 } from '../../../topology/index.js';
import type { Guest } from '../guest.js';
import { fetchOnce } from '../http/client.js';
import type { HttpReply, HttpRequest } from '../http/server.js';
import { resolveHost } from '../net/resolver.js';
import { httpd } from './httpd.js';
import { imageName } from './image.js';
import { RedisClient } from './redis-client.js';
import { json, runWeb } from './web.js';

const CALL_TIMEOUT_NS = 3_000_000_000;

/** The guestbook's page and its script, which writes to redis-leader and reads from redis-follower. */
export function guestbookFrontend(guest: Guest, args: readonly string[]): void {
  const fromEnv = guest.env('GET_HOSTS_FROM') === 'env';
  const host = (role: 'LEADER' | 'FOLLOWER', usual: string): string =>
    (fromEnv ? guest.env(`REDIS_${role}_SERVICE_HOST`) : undefined) ?? usual;
  const old = /v[1-4]$/.test(guest.request.image.reference);
  const leader = new RedisClient(
    guest,
    host('LEADER', old ? 'redis-master' : 'redis-leader'),
    6379,
  );
  const follower = new RedisClient(
    guest,
    host('FOLLOWER', old ? 'redis-slave' : 'redis-follower'),
    6379,
  );
  const port = guest.request.image.listens[0]?.port ?? 80;
  const handle = (request: HttpRequest): HttpReply | Promise<HttpReply> | undefined => {
    if (request.path === '/' || request.path === '/index.html') return PAGE;
    if (request.path !== '/guestbook.php') return undefined;
    const query = new URLSearchParams(request.query);
    const key = query.get('key') ?? 'messages';
    return query.get('cmd') === 'set'
      ? setMessage(leader, key, query.get('value') ?? '')
      : getMessages(follower, key);
  };
  if (port === 80) httpd(guest, args, handle);
  else runWeb(guest, { runtime: 'go', port, handle: (request) => handle(request) ?? PAGE });
}

const PAGE: HttpReply = {
  status: 200,
  headers: [['Content-Type', 'text/html']],
  body: '<html ng-app="redis">\n  <head>\n    <title>Guestbook</title>\n  </head>\n  <body>\n    <h2>Guestbook</h2>\n  </body>\n</html>\n',
};

async function setMessage(leader: RedisClient, key: string, value: string): Promise<HttpReply> {
  const answer = await leader.command(['SET', key, value]);
  return answer.ok ? json({ message: 'Updated' }) : phpFatal(answer.error);
}

async function getMessages(follower: RedisClient, key: string): Promise<HttpReply> {
  const answer = await follower.command(['GET', key]);
  if (!answer.ok) return phpFatal(answer.error);
  return json({ data: answer.value.kind === 'bulk' ? (answer.value.text ?? '') : '' });
}

function phpFatal(error: string): HttpReply {
  return {
    status: 500,
    headers: [['Content-Type', 'text/html; charset=UTF-8']],
    body: `Fatal error: Uncaught Predis\\Connection\\ConnectionException: ${error} [tcp://redis]\n`,
  };
}

/** The part of bookinfo that the image's name or settings say. */
export function bookinfo(guest: Guest): void {
  const { settings, reference } = guest.request.image;
  const named = /bookinfo-(\w+?)-(v\d)/.exec(imageName(reference));
  const service = settings?.service ?? named?.[1] ?? 'details';
  const version = settings?.version ?? named?.[2] ?? 'v1';
  const domain = guest.env('SERVICES_DOMAIN');
  const hostOf = (name: string): string => {
    const given = guest.env(`${name.toUpperCase()}_HOSTNAME`) ?? name;
    return domain === undefined || domain === '' ? given : `${given}.${domain}`;
  };
  const call = (name: string, path: string) => callPart(guest, hostOf(name), path);
  runWeb(guest, {
    runtime: service === 'ratings' ? 'node' : service === 'productpage' ? 'gunicorn' : 'java',
    port: 9080,
    handle: (request) => {
      if (request.path === '/health') return json({ status: `${service} is healthy` });
      switch (service) {
        case 'productpage':
          return productPage(call, request);
        case 'reviews':
          return reviews(call, { version, pod: guest.sys.hostname });
        case 'ratings':
          return json({ id: 0, ratings: { Reviewer1: 5, Reviewer2: 4 } });
        default:
          return json({
            id: 0,
            author: 'William Shakespeare',
            year: 1595,
            type: 'paperback',
            pages: 200,
            publisher: 'PublisherA',
            language: 'English',
          });
      }
    },
    log: (request, reply) =>
      `"${request.method} ${request.target} ${request.version}" ${reply.status}`,
  });
}

type Call = (name: string, path: string) => Promise<string | undefined>;

async function productPage(call: Call, request: HttpRequest): Promise<HttpReply> {
  if (request.path === '/')
    return { status: 200, headers: HTML, body: '<title>Simple Bookstore App</title>\n' };
  const details = await call('details', '/details/0');
  const comments = await call('reviews', '/reviews/0');
  const shown = (text: string | undefined, what: string): string =>
    text === undefined
      ? `<p>Sorry, product ${what} are currently unavailable for this book.</p>`
      : `<pre>${text.trim()}</pre>`;
  return {
    status: 200,
    headers: HTML,
    body: `<!DOCTYPE html>\n<html>\n<head><title>Simple Bookstore App</title></head>\n<body>\n<h3>The Comedy of Errors</h3>\n<h4>Book Details</h4>\n${shown(details, 'details')}\n<h4>Book Reviews</h4>\n${shown(comments, 'reviews')}\n</body>\n</html>\n`,
  };
}

const HTML = [['Content-Type', 'text/html; charset=utf-8']] as const;

async function reviews(
  call: Call,
  own: { readonly version: string; readonly pod: string },
): Promise<HttpReply> {
  const ratings = own.version === 'v1' ? undefined : await call('ratings', '/ratings/0');
  const color = own.version === 'v3' ? 'red' : 'black';
  const rating = (stars: number) =>
    own.version === 'v1'
      ? {}
      : {
          rating:
            ratings === undefined
              ? { error: 'Ratings service is currently unavailable' }
              : { stars, color },
        };
  return json({
    id: '0',
    podname: own.pod,
    clustername: 'null',
    reviews: [
      { reviewer: 'Reviewer1', text: 'An extremely entertaining play.', ...rating(5) },
      { reviewer: 'Reviewer2', text: 'Absolutely fun and entertaining.', ...rating(4) },
    ],
  });
}

async function callPart(guest: Guest, host: string, path: string): Promise<string | undefined> {
  const resolved = await resolveHost(guest, host);
  const address = resolved.ok ? resolved.value[0] : undefined;
  if (address === undefined) return undefined;
  const answer = await fetchOnce(
    guest,
    { address, port: 9080 },
    {
      method: 'GET',
      target: path,
      headers: [
        ['Host', `${host}:9080`],
        ['User-Agent', 'python-requests/2.32.3'],
        ['Connection', 'close'],
      ],
      timeoutNs: CALL_TIMEOUT_NS,
    },
  );
  return answer.ok && answer.value.start[1] === '200' ? decodeUtf8(answer.value.body) : undefined;
}
