export { CATALOGUE } from './catalogue/index.js';
export type { ImageEntry, ImageListen, ProgramKind, Userland } from './image.js';
export { contentOf, type ImageContent, type ImageManifest } from './manifest.js';
export { OFFICIAL_IMAGES } from './official.js';
export { type ImageReference, parseImageReference, type ReferenceResult } from './reference.js';
export {
  findImage,
  type ImageRegistry,
  imageRegistry,
  type PullError,
  type PullOutcome,
  type ResolvedImage,
} from './registry.js';
export { hasTag } from './tags.js';
export { executablesOf, hasExecutable } from './userland.js';
