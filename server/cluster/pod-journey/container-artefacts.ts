/** What can be read about images, bundles, probes and the room of a node. */
import type { DetailSection } from '../../contract/live.js';
import type { AdmittedRoom, OciConfig, ProbeHistory } from '../../kubelet/index.js';
import { contentOf, type ResolvedImage } from '../../registry/index.js';
import { json } from './sandbox-artefacts.js';

/** Manifest, configuration and layers of an image, and which layers were fetched. */
export function imageArtefacts(image: ResolvedImage, had: ReadonlySet<string>): DetailSection[] {
  const { digest, entry, layers, reference } = image;
  const { config, manifest } = contentOf(reference, entry);
  const fetched = layers.filter((layer) => !had.has(layer.digest));
  const octets = fetched.reduce((sum, { size }) => sum + size, 0);
  return [
    {
      kind: 'facts',
      title: 'Image',
      rows: [
        ['reference', reference.canonical],
        ['manifest', digest],
        ['configuration', manifest.config.digest],
        ...(entry.assumed === true
          ? ([['known to podnet', 'no: it is assumed to exist']] as const)
          : []),
      ],
    },
    {
      kind: 'table',
      title: 'Layers',
      columns: ['digest', 'octets', 'on the node'],
      rows: layers.map((layer) => [
        layer.digest,
        layer.size.toLocaleString('en'),
        had.has(layer.digest) ? '✔ was there already' : '↓ fetched',
      ]),
      note: `${fetched.length} of ${layers.length} fetched, ${octets.toLocaleString('en')} octets. Layers hold no files in podnet; images on one base share its layer.`,
    },
    json('Manifest', manifest),
    json('Configuration', config),
  ];
}

/** The OCI configuration that the runtime is given, and its namespaces in a table. */
export function bundleArtefacts(config: OciConfig): DetailSection[] {
  return [
    {
      kind: 'table',
      title: 'Namespaces in config.json',
      columns: ['type', 'path', 'meaning'],
      rows: config.linux.namespaces.map(({ path, type }) => [
        type,
        path ?? '-',
        path === undefined ? 'made for the container' : 'joined: the one that pause holds',
      ]),
      note: 'A kind that is not listed is the node’s own.',
    },
    json('config.json', config),
  ];
}

/** A probe's settings and its newest runs. */
export function probeArtefacts(
  { name, podIp, probe, runs }: ProbeHistory,
  timeOf: (atNs: number) => string,
): DetailSection[] {
  return [
    {
      kind: 'facts',
      title: `The ${name} probe`,
      rows: [
        ['asks', handlerOf(probe, podIp)],
        [
          'every',
          `${probe.periodSeconds ?? 10} s, first after ${probe.initialDelaySeconds ?? 0} s`,
        ],
        ['answer within', `${probe.timeoutSeconds ?? 1} s`],
        [
          'counts after',
          `${probe.successThreshold ?? 1} successes, ${probe.failureThreshold ?? 3} failures`,
        ],
      ],
    },
    {
      kind: 'table',
      title: 'Newest runs',
      columns: ['at', 'took', 'outcome', 'said'],
      rows: runs.map(({ atNs, output, success, tookNs }) => [
        timeOf(atNs),
        `${(tookNs / 1e6).toFixed(2)} ms`,
        success ? '✔ success' : '✘ failure',
        output.trim() || '-',
      ]),
    },
  ];
}

function handlerOf(
  { exec, grpc, httpGet, tcpSocket }: ProbeHistory['probe'],
  podIp: string,
): string {
  if (httpGet !== undefined) {
    const { host = podIp, path = '/', port, scheme = 'HTTP' } = httpGet;
    return `GET ${scheme.toLowerCase()}://${host}:${port}${path}`;
  }
  if (exec !== undefined) return `exec ${(exec.command ?? []).join(' ')}`;
  if (tcpSocket !== undefined)
    return `connect to ${tcpSocket.host ?? podIp}:${tcpSocket.port} over TCP`;
  return `gRPC health check on port ${grpc?.port ?? '?'}`;
}

/** What the kubelet counted when it admitted the pod. */
export function roomArtefacts({ allocatable, asked, taken }: AdmittedRoom): DetailSection[] {
  const gib = (octets: number) => `${(octets / 2 ** 30).toFixed(2)} GiB`;
  return [
    {
      kind: 'table',
      title: 'Room on the node',
      columns: ['resource', 'this pod asks', 'all pods then', 'allocatable'],
      rows: [
        ['cpu', String(asked.cpu), String(round(taken.cpu)), String(allocatable.cpu)],
        ['memory', gib(asked.memory), gib(taken.memory), gib(allocatable.memory)],
        ['pods', '1', String(taken.pods), String(allocatable.pods)],
      ],
      note: 'The kubelet checks what the scheduler checked, once more: pods with spec.nodeName never saw the scheduler.',
    },
  ];
}

function round(cores: number): number {
  return Math.round(cores * 1000) / 1000;
}
