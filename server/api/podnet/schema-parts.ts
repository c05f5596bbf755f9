/** Parts of the schemas of podnet's own kinds. */

import type { JsonObject } from '../../kube/json.js';

/** A text. */
export const text = (description: string, more: JsonObject = {}): JsonObject => ({
  description,
  type: 'string',
  ...more,
});

/** A whole number between two others, inclusive. */
export const whole = (
  description: string,
  [minimum, maximum]: readonly [number, number],
  more: JsonObject = {},
): JsonObject => ({ description, type: 'integer', format: 'int64', minimum, maximum, ...more });

/** True or false. */
export const truth = (description: string): JsonObject => ({ description, type: 'boolean' });

/** A time. */
export const time = (description: string): JsonObject => text(description, { format: 'date-time' });

/** An object with known fields. */
export const object = (
  description: string,
  properties: Readonly<Record<string, JsonObject>>,
  required: readonly string[] = [],
): JsonObject => ({
  description,
  type: 'object',
  ...(required.length === 0 ? {} : { required }),
  properties,
});

/** A list. */
export const list = (
  description: string,
  items: JsonObject,
  more: JsonObject = {},
): JsonObject => ({
  description,
  type: 'array',
  'x-kubernetes-list-type': 'atomic',
  items,
  ...more,
});

/** `status.conditions`, told apart by type. */
export const conditions = (description: string): JsonObject => ({
  description,
  type: 'array',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['type'],
  items: object(
    'One condition.',
    {
      type: text('Name of the condition.'),
      status: text('Whether it holds: True, False or Unknown.'),
      reason: text('One word that says why.'),
      message: text('A sentence that says why.'),
      lastTransitionTime: time('When the condition changed last, in simulated time.'),
    },
    ['type', 'status'],
  ),
});
