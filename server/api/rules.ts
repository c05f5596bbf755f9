/** What the API does with one kind beyond storing it. Each kind's rules live beside its defaults and validation. */

import type { KubeObject } from '../contract/kube.js';
import type { JsonObject } from '../kube/json.js';
import type { ResourceName } from '../store/store.js';
import type { FieldError } from './validation/field-error.js';

/** The rules of one kind. Drafts are fresh copies with known fields of right types, and are written to. */
export interface KindRules {
  /** Whether replacing what is not there makes it (upstream `AllowCreateOnUpdate`). */
  readonly createOnUpdate?: true;
  /** Fills in what the author left out. Runs on every write; must not touch what is set. */
  readonly setDefaults?: (draft: JsonObject) => void;
  /** Finishes a new object before it is checked. */
  readonly prepareForCreate?: (draft: JsonObject) => void;
  /** Carries over what a replacement may leave out. */
  readonly prepareForUpdate?: (draft: JsonObject, current: KubeObject) => void;
  /** What is wrong with an object. */
  readonly validate?: (object: KubeObject) => readonly FieldError[];
  /** What is wrong with a new object only. */
  readonly validateCreate?: (object: KubeObject) => readonly FieldError[];
  /** What may not be changed. */
  readonly validateUpdate?: (next: KubeObject, current: KubeObject) => readonly FieldError[];
  /** What is odd about an object but not refused. */
  readonly warn?: (object: KubeObject) => readonly string[];
  /** The same about a new object only. */
  readonly warnCreate?: (object: KubeObject) => readonly string[];
}

/** Rules by storage name. */
export type RuleBook = ReadonlyMap<ResourceName, KindRules>;
