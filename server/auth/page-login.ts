/**
 * Lets people into the page: a token that is right, in a form or in the address, becomes a cookie that scripts cannot read
 * and other sites cannot use.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { UserInfo } from '../api/access.js';
import { type Credentials, cookieName, cookieValue, isAdminToken } from './authenticate.js';
import { ANONYMOUS } from './users.js';

const MAX_FORM_BYTES = 4096;

/** Answers what belongs to the login; false when the request is not its business. */
export type PageLogin = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Makes the login of a server; `identify` says who sends a request, undefined when their credentials are wrong. */
export function createPageLogin(
  credentials: Credentials,
  identify: (request: IncomingMessage) => UserInfo | undefined,
): PageLogin {
  const { token } = credentials;
  if (token === undefined) return () => false;
  const enter = (request: IncomingMessage, response: ServerResponse, given: string): void => {
    if (isAdminToken(credentials, given)) letIn(request, response, token);
    else showForm(response, 'This token is not right.');
  };
  return (request, response) => {
    if (!(request.headers.accept ?? '').includes('text/html')) return false;
    if (request.method === 'POST' && isForm(request)) {
      readForm(request).then(
        (form) => enter(request, response, form.get('token') ?? ''),
        () => response.destroy(),
      );
      return true;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') return false;
    const given = new URLSearchParams((request.url ?? '').split('?')[1] ?? '').get('token');
    if (given !== null) {
      enter(request, response, given);
      return true;
    }
    const user = identify(request);
    if (user !== undefined && user.username !== ANONYMOUS) return false;
    showForm(response, '');
    return true;
  };
}

function letIn(request: IncomingMessage, response: ServerResponse, token: string): void {
  const isTls = request.socket instanceof TLSSocket;
  const [path = '/'] = (request.url ?? '/').split('?');
  response.writeHead(303, {
    'Set-Cookie': `${cookieName(request)}=${cookieValue(token)}; Path=/; HttpOnly; SameSite=Strict${isTls ? '; Secure' : ''}`,
    // Two slashes at the beginning would name another host.
    Location: `/${path.replace(/^[/\\]+/, '')}`,
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
  });
  response.end();
}

function showForm(response: ServerResponse, problem: string): void {
  response.writeHead(401, {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-store',
    'Content-Security-Policy':
      "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
    'X-Content-Type-Options': 'nosniff',
    // With no-referrer browsers send the form with an origin of null, which is refused.
    'Referrer-Policy': 'same-origin',
  });
  response.end(formHtml(problem));
}

function formHtml(problem: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>podnet</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 26rem; margin: 15vh auto; padding: 0 1rem; color-scheme: light dark }
  input, button { font: inherit; padding: .4rem .6rem; width: 100%; box-sizing: border-box; margin-top: .6rem }
</style>
<h1>podnet</h1>
<form method="post">
  <label for="token">Token, as the server printed it at its start or was given with --token</label>
  <input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
  <button>Log in</button>
</form>
<p role="alert">${problem}</p>
</html>
`;
}

function isForm({ headers }: IncomingMessage): boolean {
  return headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
}

function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  return new Promise((resolve, reject) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (part: string) => {
      text += part;
      if (text.length > MAX_FORM_BYTES) reject(new Error('the form is too large'));
    });
    request.on('end', () => resolve(new URLSearchParams(text)));
    request.on('error', reject);
  });
}
