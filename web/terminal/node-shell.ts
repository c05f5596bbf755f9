import { kubeRequest } from './kube-request.js';
import { WORDS } from './words.js';

/** Shells on nodes run in pods that live in the node's own namespaces, as `kubectl debug node/NAME` makes them. */
const NAMESPACE = 'default';
const CONTAINER = 'debugger';
const IMAGE = 'nicolaka/netshoot';
const POLL_MS = 300;
const GIVE_UP_MS = 60_000;
const SUFFIX = 'bcdfghjklmnpqrstvwxz2456789';

/** The pod of a shell on a node. */
export interface NodeShellPod {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/** Makes the pod of a shell on a node and waits until it runs; gives a sentence when it does not. */
export async function startNodeShell(
  base: string,
  node: string,
  how: { tell(words: string): void; wanted(): boolean },
): Promise<NodeShellPod | string> {
  const name = `node-debugger-${node}-${suffix()}`;
  const path = `/api/v1/namespaces/${NAMESPACE}/pods`;
  how.tell(WORDS.debugPod(name));
  const made = await kubeRequest(base, path, { method: 'POST', body: debugPod(name, node) });
  if (!made.ok) return made.error;
  const shell = { namespace: NAMESPACE, pod: name, container: CONTAINER };
  let told = '';
  for (let waitedMs = 0; waitedMs < GIVE_UP_MS; waitedMs += POLL_MS) {
    const seen = await kubeRequest(base, `${path}/${name}`);
    const wanted = how.wanted();
    if (wanted && seen.ok && phaseOf(seen.value) === 'Running') return shell;
    if (!wanted || !seen.ok) {
      endNodeShell(base, shell);
      return seen.ok ? '' : seen.error;
    }
    const words = WORDS.debugWaits(phaseOf(seen.value));
    if (words !== told && waitedMs > POLL_MS * 3) how.tell(words);
    told = words;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  endNodeShell(base, shell);
  return WORDS.debugSlow;
}

/** Deletes the pod of a shell; also as the page goes. */
export function endNodeShell(base: string, { namespace, pod }: NodeShellPod): void {
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}?gracePeriodSeconds=0`;
  void kubeRequest(base, path, { method: 'DELETE', keepalive: true });
}

function phaseOf(pod: unknown): string {
  const { status } = pod as {
    readonly status?: {
      readonly phase?: string;
      readonly containerStatuses?: readonly {
        readonly state?: { readonly waiting?: { readonly reason?: string } };
      }[];
    };
  };
  if (status?.phase === 'Running') return 'Running';
  return status?.containerStatuses?.[0]?.state?.waiting?.reason ?? status?.phase ?? 'Pending';
}

function suffix(): string {
  const letters = crypto.getRandomValues(new Uint8Array(5));
  return Array.from(letters, (octet) => SUFFIX[octet % SUFFIX.length]).join('');
}

function debugPod(name: string, nodeName: string) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { 'app.kubernetes.io/managed-by': 'kubectl-debug' } },
    spec: {
      nodeName,
      hostNetwork: true,
      hostPID: true,
      hostIPC: true,
      restartPolicy: 'Never',
      tolerations: [{ operator: 'Exists' }],
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: CONTAINER,
          image: IMAGE,
          stdin: true,
          tty: true,
          securityContext: { privileged: true },
          volumeMounts: [{ name: 'host-root', mountPath: '/host' }],
        },
      ],
      volumes: [{ name: 'host-root', hostPath: { path: '/' } }],
    },
  };
}
