import type { Pod } from '../contract/kube.js';

/** What a projected volume asks of a token. */
export interface TokenSource {
  readonly audience?: string;
  readonly expirationSeconds?: number;
}

/** Gives what reads the token of a pod's service account: the same one until most of its life is over, then another. */
export type PodTokens = (pod: Pod, source: TokenSource) => () => string;
