/** An object in the version in which a manager names its fields, and the shape it has there. */

import type { MergeType } from './merge-type.js';

/** One version of a kind. */
export interface VersionView {
  readonly type: MergeType;
  /** The object as this version has it. */
  readonly show: (value: unknown) => unknown;
}

/** Finds a version by its `apiVersion`; undefined when it is no longer served. */
export type Versions = (apiVersion: string) => VersionView | undefined;
