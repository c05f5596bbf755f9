import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { podProcess } from '../../../server/cluster/pod-process.js';
import { portsReport } from '../../../server/cluster/port-report.js';
import type { PortsReport } from '../../../server/contract/reports.js';
import { parseIp } from '../../../topology/index.js';
import { type Scenario, startCluster } from '../../scenario/helper/start-cluster.js';

const LABS = ['port-conflict', 'localhost-only', 'hostport-and-nodeport'];
const MIXED = `
apiVersion: v1
kind: Pod
metadata: { name: mixed }
spec:
  containers: [{ name: shell, image: "busybox:1.36", command: [sleep, "1000"] }]
`;

let it: Scenario;
beforeAll(async () => {
  const labs = LABS.map((lab) => readFileSync(`labs/${lab}.yaml`, 'utf8'));
  it = await startCluster({ manifests: [...labs, MIXED].join('\n---\n') });
  await it.run(20);
});
afterAll(() => it.stop());

function report(name: string): PortsReport {
  const pod = it.cluster.store.get('pods', 'default', name);
  if (pod === undefined) throw new Error(`no pod ${name}`);
  return portsReport(it.cluster, pod);
}

describe('the port map of a pod', () => {
  test('names loser and holder of a port, with the errno and the time', () => {
    const { conflicts, rows } = report('twins');
    expect(conflicts).toEqual([
      {
        container: 'second',
        protocol: 'tcp',
        address: '0.0.0.0',
        port: 80,
        errno: 'EADDRINUSE',
        holder: expect.stringMatching(/^first \(pid \d+\)$/),
        at: expect.stringMatching(/^00:00:\d\d\.\d{3}$/),
      },
    ]);
    expect(rows[0]).toMatchObject({ port: 80, declaredBy: ['first', 'second'] });
    expect(rows[0]?.bindings.map(({ container }) => container)).toEqual(['first']);
  });

  test('marks what only the pod itself reaches', () => {
    const { notes, rows } = report('shy');
    expect(rows[0]?.bindings).toMatchObject([
      { container: 'redis', address: '127.0.0.1', scope: 'loopback', family: 'v4' },
    ]);
    expect(rows[0]?.published).toEqual(['svc default/shy-service 6379']);
    expect(notes).toContain('6379/tcp is bound on 127.0.0.1: only containers of this pod reach it');
  });

  test('tells hostPort, nodePort and Service apart', () => {
    expect(report('first').rows[0]?.published).toEqual([
      'hostPort 8088 on worker-1',
      'svc default/web 80',
      'svc default/web-local 80',
      'nodePort 30080',
      'nodePort 30081',
    ]);
  });

  test('names the pod that has the port of a node which another one wants', () => {
    const { conflicts, rows } = report('second');
    expect(conflicts).toEqual([
      {
        container: 'nginx',
        protocol: 'tcp',
        address: 'hostPort',
        port: 8088,
        errno: 'Unschedulable',
        holder: 'pod default/first on worker-1',
      },
    ]);
    expect(rows[0]).toMatchObject({ port: 80, declaredBy: ['nginx'], bindings: [] });
  });

  test('tells families, wildcards and shared ports apart', () => {
    const found = podProcess(it.cluster, 'default/mixed', 'shell');
    if (!found.ok) throw new Error(found.error);
    const { sys } = found.value.process;
    const bind = (
      type: 'stream' | 'dgram',
      address: string,
      port: number,
      options: readonly ('SO_REUSEPORT' | 'IPV6_V6ONLY')[] = [],
    ) => {
      const ip = parseIp(address);
      const socket = sys.socket(address.includes(':') ? 'inet6' : 'inet', type);
      if (!ip.ok || !socket.ok) throw new Error(address);
      for (const option of options) socket.value.setOption(option, 1);
      expect(socket.value.bind(ip.value, port)).toBeUndefined();
      if (type === 'stream') socket.value.listen(5);
    };
    bind('stream', '::', 7000);
    bind('stream', '::', 7001, ['IPV6_V6ONLY']);
    bind('stream', '0.0.0.0', 7001);
    bind('dgram', '0.0.0.0', 7002, ['SO_REUSEPORT']);
    bind('dgram', '0.0.0.0', 7002, ['SO_REUSEPORT']);
    bind('dgram', '127.0.0.1', 7003);
    bind('dgram', '0.0.0.0', 40000);
    const { ephemeral, notes, rows } = report('mixed');
    expect(
      rows.map(({ bindings, port, protocol }) => [
        `${port}/${protocol}`,
        ...bindings.map(({ family, scope }) => `${scope} ${family}`),
      ]),
    ).toEqual([
      ['7000/tcp', 'wildcard v4+v6'],
      ['7001/tcp', 'wildcard v6', 'wildcard v4'],
      ['7002/udp', 'wildcard v4', 'wildcard v4'],
      ['7003/udp', 'loopback v4'],
      ['40000/udp', 'wildcard v4'],
    ]);
    expect(notes).toContain(
      '7002/udp is shared by sockets with SO_REUSEPORT: the kernel spreads connections over them',
    );
    expect(ephemeral).toMatchObject({ low: 32768, high: 60999, usedCount: 1 });
    expect(ephemeral?.used[0]).toMatchObject({ port: 40000, protocol: 'udp' });
  });
});
