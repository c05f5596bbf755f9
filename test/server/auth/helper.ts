import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { UserInfo } from '../../../server/api/access.js';
import { type ApiServer, createApiServer } from '../../../server/api/server.js';
import {
  type ClusterAccess,
  createClusterAccess,
  ensureBootstrapPolicy,
} from '../../../server/auth/index.js';
import { createMemoryStore } from '../../../server/store/memory-store.js';

/** A server with the bootstrap policy, whose clock a test turns. */
export interface Guarded {
  readonly api: ApiServer;
  readonly access: ClusterAccess;
  nowMs: number;
}

/** Makes one; aggregated roles have no rules, since no controller runs. */
export function newGuarded(): Guarded {
  const clock = { nowMs: Date.UTC(2025, 0, 1) };
  let uids = 0;
  const newUid = () => `uid-${++uids}`;
  const now = () => `${new Date(clock.nowMs).toISOString().slice(0, 19)}Z`;
  const store = createMemoryStore();
  const access = createClusterAccess({
    store,
    now,
    newUid,
    secret: Buffer.from('a secret of thirty-two octets ...'),
    clusterName: 'test',
  });
  const api = createApiServer({ store, now, newUid, random: () => 0.5, access });
  api.create({ resource: 'namespaces', body: { metadata: { name: 'default' } } });
  ensureBootstrapPolicy(api, newUid);
  return Object.assign(clock, { api, access });
}

/** A user of no particular group. */
export const ALICE: UserInfo = { username: 'alice', groups: ['dev', 'system:authenticated'] };

const RBAC = 'rbac.authorization.k8s.io';

/** Makes a Role and a RoleBinding for alice, both called `name`, in namespace `default`. */
export function grant({ api }: Guarded, name: string, rules: readonly object[]): void {
  const made = [
    api.create({ resource: `${RBAC}/roles`, body: { metadata: { name }, rules } }),
    api.create({
      resource: `${RBAC}/rolebindings`,
      body: {
        metadata: { name },
        roleRef: { apiGroup: RBAC, kind: 'Role', name },
        subjects: [{ kind: 'User', name: 'alice' }],
      },
    }),
  ];
  for (const one of made) if (!one.ok) throw new Error(one.error.message);
}

/** A request as Node hands it over. */
export function newRequest(
  method: string,
  url: string,
  headers: Readonly<Record<string, string | readonly string[]>> = {},
): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  request.method = method;
  request.url = url;
  for (const [name, value] of Object.entries(headers)) {
    request.headers[name] = [value].flat().join(', ');
    request.headersDistinct[name] = [value].flat();
  }
  return request;
}
