import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import {
  Fabric,
  formatIpv4,
  type Ipv4,
  type Journey,
  type Process,
  parseIpv4,
  parseTopology,
  SECOND,
  sendProbe,
} from '../../topology/index.js';

const preset = new URL('../../topology/presets/three-nodes.yaml', import.meta.url);

function must<T>(
  result:
    | { readonly ok: true; readonly value: T }
    | { readonly ok: false; readonly error: unknown },
): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

interface TestPod {
  readonly pause: Process;
  readonly address: Ipv4;
}

function addPod(fabric: Fabric, nodeName: string, name: string): TestPod {
  const node = fabric.nodes.get(nodeName);
  if (node === undefined) throw new Error(`no node ${nodeName}`);
  const pause = must(
    node.host.processes.clone({ comm: 'pause', argv: ['/pause'], unshare: ['net', 'ipc', 'uts'] }),
  );
  const netns = `cni-${name}`;
  must(
    node.host.apply([
      { op: 'netns.attach', name: netns, pid: pause.pid },
      { op: 'sysctl.set', netns, key: 'net.ipv4.ping_group_range', value: '0 2147483647' },
    ]),
  );
  const added = must(node.cni.add({ containerId: name, netns, ifname: 'eth0' }));
  return { pause, address: added.address };
}

function listen(pod: TestPod, fabric: Fabric, nodeName: string, port: number): void {
  const node = fabric.nodes.get(nodeName);
  const server = must(
    node?.host.processes.clone({
      comm: 'server',
      argv: ['server'],
      join: { of: pod.pause, kinds: ['net'] },
    }) ?? { ok: false, error: 'no node' },
  );
  const socket = must(server.sys.socket('inet', 'stream'));
  expect(socket.bind(0 as Ipv4, port)).toBeUndefined();
  expect(socket.listen(16)).toBeUndefined();
}

function probe(
  fabric: Fabric,
  nodeName: string,
  from: TestPod,
  to: { protocol: 'tcp' | 'udp' | 'icmp'; dst: Ipv4; port: number },
): Journey {
  const node = fabric.nodes.get(nodeName);
  const process = must(
    node?.host.processes.clone({
      comm: 'probe',
      argv: ['probe'],
      join: { of: from.pause, kinds: ['net'] },
    }) ?? {
      ok: false,
      error: 'no node',
    },
  );
  let journey: Journey | undefined;
  sendProbe(
    {
      process,
      title: 'probe',
      names: (host, netns) => ({ place: `${host}/${netns}`, vertex: '' }),
      ...to,
    },
    (result) => {
      journey = result.journey;
    },
  );
  fabric.clock.advance(20 * SECOND);
  if (journey === undefined) throw new Error('the probe did not end');
  return journey;
}

describe('pods on two nodes of the default topology', () => {
  let fabric: Fabric;
  let a: TestPod;
  let b: TestPod;

  beforeEach(() => {
    fabric = new Fabric(must(parseTopology(parse(readFileSync(preset, 'utf8')))), 1);
    a = addPod(fabric, 'worker-1', 'a');
    b = addPod(fabric, 'worker-2', 'b');
  });

  test('get the first address of their node after the gateway', () => {
    expect([formatIpv4(a.address), formatIpv4(b.address)]).toEqual(['10.244.1.2', '10.244.2.2']);
  });

  test('reach each other by ping', () => {
    const journey = probe(fabric, 'worker-1', a, { protocol: 'icmp', dst: b.address, port: 0 });
    expect(journey.disposition).toBe('delivered');
  });

  test('open a TCP connection to a listener', () => {
    listen(b, fabric, 'worker-2', 80);
    const journey = probe(fabric, 'worker-1', a, { protocol: 'tcp', dst: b.address, port: 80 });
    expect(journey).toMatchObject({ disposition: 'delivered' });
    const places = journey.hops.filter((hop) => hop.packet === 0).map((hop) => hop.place);
    expect(places.length).toBeGreaterThanOrEqual(4);
  });

  test('are refused where nothing listens', () => {
    const journey = probe(fabric, 'worker-1', a, { protocol: 'tcp', dst: b.address, port: 81 });
    expect(journey.disposition).toBe('refused');
  });

  test('lose packets to an address that nobody has, with the reason', () => {
    const nobody = must(parseIpv4('10.244.2.99'));
    const journey = probe(fabric, 'worker-1', a, { protocol: 'tcp', dst: nobody, port: 80 });
    expect(journey.disposition).not.toBe('delivered');
    expect(journey.summary).toContain('10.244.2.99');
  });

  test('reach the world outside with the address of their node', () => {
    const outside = must(parseIpv4('203.0.113.10'));
    const journey = probe(fabric, 'worker-1', a, { protocol: 'icmp', dst: outside, port: 0 });
    expect(journey.disposition).toBe('delivered');
    const changes = journey.hops.flatMap((hop) => hop.steps).flatMap((step) => step.changes ?? []);
    expect(changes).toContainEqual({
      field: 'source IP',
      before: '10.244.1.2',
      after: '192.168.50.11',
    });
  });
});
