import type { NamespaceKind } from '../../topology/index.js';
import type { Probe } from '../contract/kube.js';
import type { ResolvedImage } from '../registry/index.js';
import type { CniAddRequest, CniError } from './contract.js';
import type { OciConfig } from './oci-bundle.js';
import type { Sandbox } from './sandbox.js';

/** One run of a probe. */
export interface ProbeRun {
  readonly atNs: number;
  readonly tookNs: number;
  readonly success: boolean;
  readonly output: string;
}

/** A probe of a container and its newest runs, oldest first. */
export interface ProbeHistory {
  readonly name: 'startup' | 'liveness' | 'readiness';
  readonly probe: Probe;
  readonly podIp: string;
  readonly runs: readonly ProbeRun[];
}

/** Room of a node when it admitted a pod: cpu in cores, memory in octets. */
export interface AdmittedRoom {
  readonly asked: { readonly cpu: number; readonly memory: number };
  /** Of all pods, this one included. */
  readonly taken: { readonly cpu: number; readonly memory: number; readonly pods: number };
  readonly allocatable: { readonly cpu: number; readonly memory: number; readonly pods: number };
}

/** A process that was started in the namespaces of a sandbox. */
export interface StartedProcess {
  readonly pid: number;
  readonly argv: readonly string[];
  readonly uid: number;
  /** Whose namespaces it entered by setns(2), and which. */
  readonly joinedPid: number;
  readonly joined: readonly NamespaceKind[];
  /** Those made for it by clone(2). */
  readonly made: readonly NamespaceKind[];
  /** Inode numbers by kind. */
  readonly namespaces: Readonly<Record<string, number>>;
}

/**
 * What a step of a pod's journey leaves behind to be read later: references to what the runtime keeps anyway, never a
 * rendered text.
 */
export type PodRecord =
  | { readonly kind: 'room'; readonly room: AdmittedRoom }
  | { readonly kind: 'sandbox'; readonly sandbox: Sandbox }
  | { readonly kind: 'netns'; readonly sandbox: Sandbox }
  | { readonly kind: 'network'; readonly sandbox: Sandbox }
  | {
      readonly kind: 'network-refused';
      readonly request: CniAddRequest;
      readonly error: CniError;
    }
  | {
      readonly kind: 'image';
      readonly image: ResolvedImage;
      /** Digests of the layers that the node had before. */
      readonly had: ReadonlySet<string>;
    }
  | { readonly kind: 'bundle'; readonly bundle: () => OciConfig }
  | { readonly kind: 'process'; readonly process: StartedProcess }
  | { readonly kind: 'probe'; readonly history: ProbeHistory };
