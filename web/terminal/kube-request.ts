/** Requests to the Kubernetes API of the page's own origin. */

/** An answer, or the message of the Status that refused. */
export type KubeAnswer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: number; readonly error: string };

/** Sends one request; `path` begins with `/api`. A server that is away is an answer with code 0. */
export async function kubeRequest(
  base: string,
  path: string,
  init: { readonly method?: string; readonly body?: unknown; readonly keepalive?: boolean } = {},
): Promise<KubeAnswer> {
  try {
    const response = await fetch(`${base}${path}`, {
      method: init.method ?? 'GET',
      keepalive: init.keepalive === true,
      ...(init.body === undefined
        ? {}
        : { body: JSON.stringify(init.body), headers: { 'Content-Type': 'application/json' } }),
    });
    const value: unknown = await response.json();
    if (response.ok) return { ok: true, value };
    const { message } = value as { readonly message?: string };
    return { ok: false, code: response.status, error: message ?? response.statusText };
  } catch {
    return { ok: false, code: 0, error: 'the server cannot be reached: is podnet still running?' };
  }
}
