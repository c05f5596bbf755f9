/** Manifests: finding, reading, applying, and telling what is wrong with them. */

export {
  type AppliedObject,
  type ApplyManifestOptions,
  type ApplyOutcome,
  type ApplyReport,
  applyManifest,
} from './apply.js';
export { type FoundSources, findSources } from './files.js';
export { type ResolvedKind, resolveKind } from './kinds.js';
export { editableOf, OF_CONTROLLERS } from './last-applied.js';
export type { Locator, Position } from './locate.js';
export {
  formatNote,
  formatProblem,
  type Note,
  type Problem,
  type ProblemReason,
} from './problem.js';
export { type ManifestObject, type ManifestSource, type Manifests, readManifests } from './read.js';
