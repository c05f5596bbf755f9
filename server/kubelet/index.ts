export type { Attachment, AttachRequest } from './attach.js';
export { connectStream, type StreamTarget } from './connect-stream.js';
export type {
  CniAddRequest,
  CniError,
  CniPlugin,
  CniResult,
  JourneySink,
  KubeletClock,
  KubeletOptions,
  NodeCapacity,
  NodeHost,
  PodStage,
  PodStep,
  PortMapping,
} from './contract.js';
export { Kubelet } from './kubelet.js';
export {
  followLog,
  type LogFollower,
  type LogOptions,
  type LogSink,
  printLog,
} from './log-print.js';
export type { LogChunk, LogRing } from './log-ring.js';
export { DEFAULT_CAPACITY, LAZY_RENEWAL } from './node-registration.js';
export type { OciConfig } from './oci-bundle.js';
export type {
  AdmittedRoom,
  PodRecord,
  ProbeHistory,
  ProbeRun,
  StartedProcess,
} from './pod-record.js';
export type { PodTokens, TokenSource } from './pod-tokens.js';
export { qosClassOf } from './qos.js';
export { namespacesOf, type Sandbox } from './sandbox.js';
export { KubeletShared } from './shared.js';
export type {
  ContainerView,
  PodGlance,
  PodRuntimeView,
  PortBinding,
  PortConflict,
  PortView,
  SandboxView,
} from './view.js';
