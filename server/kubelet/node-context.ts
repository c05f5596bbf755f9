import type { Sys } from '../../topology/index.js';
import type { AdmissionLedger } from './admission.js';
import type { KubeletOptions } from './contract.js';
import type { DownwardFacts } from './field-ref.js';
import type { ImageManager } from './image-manager.js';
import type { ContainerRuntime } from './runtime.js';
import type { KubeletShared } from './shared.js';
import type { DurableVolumes } from './volumes.js';

/** What the pod workers of one node have in common. */
export interface NodeContext {
  readonly options: KubeletOptions;
  readonly shared: KubeletShared;
  readonly runtime: ContainerRuntime;
  readonly images: ImageManager;
  readonly ledger: AdmissionLedger;
  readonly durable: DurableVolumes;
  readonly allocatable: DownwardFacts['allocatable'];
  /** The kubelet's own process in the node's namespaces: probes come from there. */
  readonly sys: Sys;
}
