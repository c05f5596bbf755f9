/** Fills Secrets of type `kubernetes.io/service-account-token` (upstream: `pkg/controller/serviceaccount/tokens_controller.go`). */

import type { Secret } from '../../contract/kube.js';
import type { ControlContext, Controller } from '../../control/context.js';
import { queueKey, splitQueueKey } from '../../control/context.js';
import { startController } from '../../control/controller.js';
import type { SyncOutcome } from '../../control/work-queue.js';
import type { AccountTokens } from './account-tokens.js';

const TYPE = 'kubernetes.io/service-account-token';
const NAME = 'kubernetes.io/service-account.name';
const UID = 'kubernetes.io/service-account.uid';
const BY_ACCOUNT = 'service-account';

/**
 * Starts the controller: such a Secret gets the token, the certificate and the namespace of the account that it names, and
 * is removed when there is no such account.
 */
export function startTokenController(context: ControlContext, tokens: AccountTokens): Controller {
  const { store } = context.client;
  store.addIndex('secrets', BY_ACCOUNT, (secret) => {
    const account = accountOf(secret);
    return account === undefined ? [] : [`${secret.metadata.namespace ?? ''}/${account}`];
  });
  return startController({
    context,
    wakes: {
      secrets: ({ object, type }) =>
        type === 'DELETED' || accountOf(object) === undefined ? [] : [queueKey(object)],
      serviceaccounts: ({ object }) =>
        store.byIndex('secrets', BY_ACCOUNT, queueKey(object)).map(queueKey),
    },
    initial: () => [],
    sync: (key) => sync(context, tokens, key),
  });
}

function accountOf({ type, metadata }: Secret): string | undefined {
  return type === TYPE ? metadata.annotations?.[NAME] : undefined;
}

function sync({ client, rootCa }: ControlContext, tokens: AccountTokens, key: string): SyncOutcome {
  const [namespace, name] = splitQueueKey(key);
  const secret = client.store.get('secrets', namespace, name);
  const accountName = secret === undefined ? undefined : accountOf(secret);
  if (secret === undefined || accountName === undefined) return 'done';
  const account = client.store.get('serviceaccounts', namespace, accountName);
  const { uid = '' } = account?.metadata ?? {};
  const recorded = secret.metadata.annotations?.[UID];
  if (account === undefined || (recorded !== undefined && recorded !== uid)) {
    return client.delete('secrets', namespace, name).ok ? 'done' : 'retry';
  }
  const encode = (text: string) => Buffer.from(text).toString('base64');
  const wanted = { 'ca.crt': encode(rootCa), namespace: encode(namespace ?? '') };
  const { data = {}, metadata } = secret;
  const isFilled =
    recorded === uid &&
    data.token !== undefined &&
    data['ca.crt'] === wanted['ca.crt'] &&
    data.namespace === wanted.namespace;
  if (isFilled) return 'done';
  const token = data.token ?? encode(tokens.issueLegacy(account, name));
  const filled = client.update('secrets', {
    ...secret,
    metadata: { ...metadata, annotations: { ...metadata.annotations, [UID]: uid } },
    data: { ...data, ...wanted, token },
  });
  return filled.ok ? 'done' : 'retry';
}
