import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { insideOf } from '../../../server/cluster/inside.js';
import { policyReach } from '../../../server/cluster/policy-reach.js';
import { type Scenario, startCluster } from '../../scenario/helper/start-cluster.js';
import { SHOP } from './shop.js';

const POLICY = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: only-client}
spec:
  podSelector: {matchLabels: {statefulset.kubernetes.io/pod-name: db-0}}
  ingress:
    - from:
        - podSelector: {matchExpressions: [{key: statefulset.kubernetes.io/pod-name, operator: DoesNotExist}]}
        - ipBlock: {cidr: 192.168.0.0/16}
      ports: [{port: 6379}]
`;

let it: Scenario;
beforeAll(async () => {
  it = await startCluster({ manifests: `${SHOP}\n---\n${POLICY}` });
  await it.run(20);
});
afterAll(() => it.stop());

function allowed(id: string) {
  const answer = policyReach(it.cluster, id);
  if (!answer.ok) return answer.error;
  return answer.value.allowed.map(({ direction, pod, peer, ports }) =>
    [direction, pod, peer, ...ports].join(' '),
  );
}

describe('whom policies let pass', () => {
  test.each(['pod:default/db-0', 'policy:default/only-client'])('is told of %s', (id) => {
    expect(allowed(id)).toContain('ingress pod:default/db-0 pod:default/client 6379/TCP');
    expect(allowed(id)).toContain('ingress pod:default/db-0 192.168.0.0/16 6379/TCP');
  });

  test.each([
    ['pod:default/client', []],
    ['policy:default/none', 'networkpolicies.networking.k8s.io "default/none" not found'],
    ['node:worker-1', "'node:worker-1' is neither a pod nor a NetworkPolicy"],
  ])('is nothing of %s', (id, answer) => {
    expect(allowed(id)).toEqual(answer);
  });
});

test('the inside of a pod has its devices, the other end of its veth, and what listens', () => {
  const [db] = insideOf(it.cluster, ['pod:default/db-0', 'pod:default/none', 'nonsense']);
  expect(db?.devices.map(({ name }) => name)).toEqual(['lo', 'eth0']);
  expect(db?.devices[1]?.peer?.bridge).toBe('cni0');
  const redis = db?.containers.find(({ name }) => name === 'redis');
  expect(redis?.processes[0]?.listens).toContain('tcp 0.0.0.0:6379');
  expect(Object.keys(db?.namespaces ?? {})).toEqual(expect.arrayContaining(['net', 'ipc', 'uts']));
});
