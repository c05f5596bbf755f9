/** The same manifests and seed give the same packets, octet for octet, and the same words about them. */
import { describe, expect, test } from '@jest/globals';
import { projectFile, startCluster } from './helper/start-cluster.js';

/** Everything that a run of the sample application leaves to compare. */
async function run(seed: number) {
  const scenario = await startCluster({
    files: [projectFile('labs/sample-app.yaml')],
    namespace: 'shop',
    seed,
  });
  await scenario.run(60);
  const traces = [
    await scenario.trace('visitor', 'web'),
    await scenario.trace('visitor', 'api:8080'),
    await scenario.trace('outside', 'node/worker-1:30080'),
    await scenario.trace('visitor', 'store-0', { protocol: 'icmp' }),
  ];
  const outcome = {
    captures: traces.map(({ capture }) => capture),
    journeys: traces.map(({ journey }) => journey),
    pods: scenario.pods().map(({ metadata }) => {
      const told = scenario.operations.podJourney(metadata.name, 'shop');
      return [metadata.name, metadata.uid, told];
    }),
    log: scenario.logs('visitor'),
    revision: scenario.cluster.store.revision,
  };
  await scenario.stop();
  return outcome;
}

describe('a run', () => {
  test('repeats itself with the same seed and differs with another', async () => {
    const [first, second, other] = [await run(7), await run(7), await run(8)];
    expect(second.captures).toEqual(first.captures);
    expect(second).toEqual(first);
    expect(other.captures).not.toEqual(first.captures);
    expect(other.pods.map(([name]) => name)).not.toEqual(first.pods.map(([name]) => name));
    expect(first.log).toMatch(/^(web 000\n)*(web 200\n){20,}$/);
  }, 60_000);
});
