import { describe, expect, test } from '@jest/globals';
import type { Pod } from '../../../server/contract/kube.js';
import type { Attachment } from '../../../server/kubelet/index.js';
import { startProgram } from '../../../server/program/index.js';
import { decodeUtf8, encodeUtf8 } from '../../../topology/index.js';
import { makeNode } from './harness.js';

/** A node whose container runs `cat` with these settings. */
async function makeCat(settings: object) {
  const node = makeNode({ startProgram });
  node.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'cat', namespace: 'default', uid: 'u1' },
    spec: {
      nodeName: 'node1',
      restartPolicy: 'Never',
      containers: [{ name: 'web', image: 'busybox:1.36', command: ['cat'], ...settings }],
    },
  } as Pod);
  const run = async (seconds: number) => {
    for (let step = 0; step < seconds * 10; step++) {
      node.run(0.1);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await run(8);
  const attach = (): { attached: Attachment | undefined; seen: string[] } => {
    const seen: string[] = [];
    const attached = node.kubelet.attach('u1', 'web', {
      stdin: true,
      write: (_stream, octets) => seen.push(decodeUtf8(octets)),
      ended: () => seen.push('(end)'),
    });
    return { attached, seen };
  };
  return { node, run, attach };
}

describe('attach', () => {
  test('joins several clients to one program', async () => {
    const { attach, run } = await makeCat({ stdin: true });
    const one = attach();
    const two = attach();
    void one.attached?.writeInput(encodeUtf8('hi\n'));
    await run(1);
    expect([one.seen, two.seen]).toEqual([['hi\n'], ['hi\n']]);
  });

  test('ends for a client whose input ends, and the program goes on', async () => {
    const { attach, node, run } = await makeCat({ stdin: true });
    const { attached, seen } = attach();
    attached?.closeInput();
    await run(2);
    expect(seen).toEqual(['(end)']);
    expect(node.status('cat')?.state?.running).toBeDefined();
  });

  test('closes the input of a program with stdinOnce after its first client', async () => {
    const { attach, node, run } = await makeCat({ stdin: true, stdinOnce: true });
    const { attached, seen } = attach();
    void attached?.writeInput(encodeUtf8('last'));
    attached?.closeInput();
    await run(3);
    expect(seen).toEqual(['last', '(end)']);
    expect(node.status('cat')?.state?.terminated?.exitCode).toBe(0);
    expect(attach().attached).toBeUndefined();
  });

  test('finds nobody where a program without standard input has ended', async () => {
    const { attach, node } = await makeCat({});
    expect(node.status('cat')?.state?.terminated?.reason).toBe('Completed');
    expect(attach().attached).toBeUndefined();
  });
});
