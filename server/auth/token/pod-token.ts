/** The token that a pod finds in its projected volume (upstream: kubelet `pkg/kubelet/token/token_manager.go`). */

import type { Pod } from '../../contract/kube.js';
import { type AccountTokens, ISSUER } from './account-tokens.js';

/** What a projected volume wishes for. */
export interface PodTokenWish {
  readonly audience?: string | undefined;
  readonly expirationSeconds?: number | undefined;
}

/** As upstream, a token is renewed when a fifth of its life is left. */
const RENEW_AT = 0.8;
/** The life that admission's own volume asks for; the API server gives such tokens a year. */
const EXTENDED_SECONDS = 3607;
const DEFAULT_SECONDS = 3600;
const YEAR_SECONDS = 365 * 86_400;

/** Gives what reads a pod's token: made at the first reading, and anew before it runs out. Empty when its account is gone. */
export function podTokenSource(
  tokens: AccountTokens,
  pod: Pod,
  { audience, expirationSeconds: seconds = DEFAULT_SECONDS }: PodTokenWish,
): () => string {
  let current: { readonly token: string; readonly renewMs: number } | undefined;
  return () => {
    if (current !== undefined && tokens.nowMs < current.renewMs) return current.token;
    const { name, namespace = 'default', uid = '' } = pod.metadata;
    const account = tokens.store.get(
      'serviceaccounts',
      namespace,
      pod.spec.serviceAccountName ?? 'default',
    );
    if (account === undefined) return '';
    const node = tokens.store.get('nodes', undefined, pod.spec.nodeName ?? '');
    const { token } = tokens.issue({
      account,
      audiences: [audience ?? ISSUER],
      seconds: seconds === EXTENDED_SECONDS ? YEAR_SECONDS : seconds,
      bound: {
        kind: 'Pod',
        name,
        uid,
        node:
          node === undefined
            ? undefined
            : { name: node.metadata.name, uid: node.metadata.uid ?? '' },
      },
    });
    current = { token, renewMs: tokens.nowMs + seconds * 1000 * RENEW_AT };
    return token;
  };
}
