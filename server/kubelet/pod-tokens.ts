import type { Pod } from '../contract/kube.js';

/** What a projected volume asks of a token. */
export interface TokenSource {
  readonly audience?: string;
  readonly expirationSeconds?: number;
}

/** Makes the token of a pod's service account, as the kubelet asks for with TokenRequest. */
export type PodTokens = (pod: Pod, source: TokenSource) => string;
