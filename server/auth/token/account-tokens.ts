/**
 * Tokens of ServiceAccounts: what they claim and whom they stand for (upstream: `pkg/serviceaccount/claims.go`,
 * `legacy.go`). They run out by the cluster's own clock, like everything that the API stamps with a time.
 */

import type { UserInfo } from '../../api/access.js';
import type { KubeObject } from '../../contract/kube.js';
import { asObject, asString, type JsonObject, stringsOf } from '../../kube/json.js';
import type { ObjectStore } from '../../store/store.js';
import { type AccountName, AUTHENTICATED, accountGroups, accountUsername } from '../users.js';
import { signJwt, verifyJwt } from './jwt.js';
import type { SigningKey } from './signing-key.js';

/** Who issues tokens, and whom they are for unless a request says otherwise. */
export const ISSUER = 'https://kubernetes.default.svc.cluster.local';
const LEGACY_ISSUER = 'kubernetes/serviceaccount';
const LEGACY = 'kubernetes.io/serviceaccount/';
const EXTRA = 'authentication.kubernetes.io/';

/** An object without which a token is worth nothing. */
export interface BoundObject {
  readonly kind: 'Pod' | 'Secret' | 'Node';
  readonly name: string;
  readonly uid: string;
  /** The node of a bound pod. */
  readonly node?: { readonly name: string; readonly uid: string } | undefined;
}

/** What a token is asked for. */
export interface TokenSpec {
  readonly account: KubeObject;
  readonly audiences: readonly string[];
  /** Seconds that it is good for. */
  readonly seconds: number;
  readonly bound?: BoundObject | undefined;
}

/** What the tokens of a cluster are made and checked with. */
export interface AccountTokensOptions {
  readonly store: ObjectStore;
  /** Made when the first token is. */
  readonly key: () => SigningKey;
  /** RFC 3339, from the simulated clock. */
  readonly now: () => string;
  readonly newUid: () => string;
}

/** Who a token stands for. */
export interface TokenOwner {
  readonly user: UserInfo;
  readonly audiences: readonly string[];
}

/** Issues and checks the tokens of one cluster's ServiceAccounts. */
export class AccountTokens {
  private readonly options: AccountTokensOptions;

  constructor(options: AccountTokensOptions) {
    this.options = options;
  }

  get store(): ObjectStore {
    return this.options.store;
  }

  /** Milliseconds since 1970 by the cluster's clock, to the second. */
  get nowMs(): number {
    return this.seconds() * 1000;
  }

  get key(): SigningKey {
    return this.options.key();
  }

  /** A token that runs out, as `kubectl create token` gets; `expires` in milliseconds since 1970. */
  issue({ account, audiences, seconds, bound }: TokenSpec): { token: string; expires: number } {
    const { name, namespace = '', uid = '' } = account.metadata;
    const issuedAt = this.seconds();
    const claims = {
      aud: audiences,
      exp: issuedAt + seconds,
      iat: issuedAt,
      iss: ISSUER,
      jti: this.options.newUid(),
      'kubernetes.io': { namespace, ...boundClaims(bound), serviceaccount: { name, uid } },
      nbf: issuedAt,
      sub: accountUsername({ namespace, name }),
    };
    return { token: signJwt(this.key, claims), expires: (issuedAt + seconds) * 1000 };
  }

  /** A token that never runs out, for a Secret of type `kubernetes.io/service-account-token`. */
  issueLegacy(account: KubeObject, secret: string): string {
    const { name, namespace = '', uid = '' } = account.metadata;
    return signJwt(this.key, {
      iss: LEGACY_ISSUER,
      [`${LEGACY}namespace`]: namespace,
      [`${LEGACY}secret.name`]: secret,
      [`${LEGACY}service-account.name`]: name,
      [`${LEGACY}service-account.uid`]: uid,
      sub: accountUsername({ namespace, name }),
    });
  }

  /** Who a token stands for; undefined when it is not ours, has run out, is for others, or its account is gone. */
  check(token: string, audiences: readonly string[] = [ISSUER]): TokenOwner | undefined {
    const claims = verifyJwt(this.key, token);
    if (claims === undefined) return undefined;
    return claims.iss === LEGACY_ISSUER
      ? this.checkLegacy(claims)
      : this.checkBound(claims, audiences);
  }

  private checkBound(claims: JsonObject, audiences: readonly string[]): TokenOwner | undefined {
    const { exp, nbf, iss } = claims;
    const now = this.seconds();
    if (iss !== ISSUER || typeof exp !== 'number' || now >= exp) return undefined;
    if (typeof nbf === 'number' && now < nbf) return undefined;
    const meant = stringsOf(claims.aud).filter((one) => audiences.includes(one));
    const own = asObject(claims['kubernetes.io']) ?? {};
    const account = asObject(own.serviceaccount) ?? {};
    const names = { namespace: asString(own.namespace) ?? '', name: asString(account.name) ?? '' };
    const isThere =
      this.isThere('serviceaccounts', names, account.uid) &&
      [
        ['pods', own.pod],
        ['secrets', own.secret],
      ].every(([resource, bound]) => this.boundIsThere(String(resource), names.namespace, bound));
    if (meant.length === 0 || !isThere) return undefined;
    const extra = {
      [`${EXTRA}credential-id`]: [`JTI=${String(claims.jti)}`],
      ...boundExtra('node', own.node),
      ...boundExtra('pod', own.pod),
    };
    return { user: accountUser(names, asString(account.uid), extra), audiences: meant };
  }

  private checkLegacy(claims: JsonObject): TokenOwner | undefined {
    const claim = (name: string) => asString(claims[`${LEGACY}${name}`]) ?? '';
    const namespace = claim('namespace');
    const names = { namespace, name: claim('service-account.name') };
    const uid = claim('service-account.uid');
    const secret = this.options.store.get('secrets', namespace, claim('secret.name'));
    if (secret === undefined || !this.isThere('serviceaccounts', names, uid)) return undefined;
    return { user: accountUser(names, uid), audiences: [ISSUER] };
  }

  private boundIsThere(resource: string, namespace: string, bound: unknown): boolean {
    const claim = asObject(bound);
    if (claim === undefined) return true;
    return this.isThere(resource, { namespace, name: asString(claim.name) ?? '' }, claim.uid);
  }

  private isThere(resource: string, { namespace, name }: AccountName, uid: unknown): boolean {
    const found = this.options.store.get(resource, namespace, name);
    return found !== undefined && found.metadata.uid === uid;
  }

  private seconds(): number {
    return Math.floor(Date.parse(this.options.now()) / 1000);
  }
}

function accountUser(
  names: AccountName,
  uid: string | undefined,
  extra?: UserInfo['extra'],
): UserInfo {
  return {
    username: accountUsername(names),
    ...(uid === undefined ? {} : { uid }),
    groups: [...accountGroups(names.namespace), AUTHENTICATED],
    ...(extra === undefined ? {} : { extra }),
  };
}

function boundClaims(bound: BoundObject | undefined): object {
  if (bound === undefined) return {};
  const { kind, name, uid, node } = bound;
  return { ...(node === undefined ? {} : { node }), [kind.toLowerCase()]: { name, uid } };
}

function boundExtra(what: string, bound: unknown): Readonly<Record<string, readonly string[]>> {
  const { name, uid } = asObject(bound) ?? {};
  if (typeof name !== 'string' || typeof uid !== 'string') return {};
  return { [`${EXTRA}${what}-name`]: [name], [`${EXTRA}${what}-uid`]: [uid] };
}
