/** What a pod asks for and may use, over all its containers (upstream `component-helpers/resource`). */

import {
  addAmounts,
  amountsOf,
  type ExactQuantity,
  type ResourceAmounts,
} from '../../kube/exact-quantity.js';
import { asObject, type JsonObject, objectsOf } from '../../kube/json.js';

/** The two lists of a container's resources. */
export type AmountKind = 'requests' | 'limits';

/** The containers of a pod spec that run and those that prepare, in the order in which messages name them. */
export function allContainers(spec: JsonObject): readonly JsonObject[] {
  return [...objectsOf(spec.containers), ...objectsOf(spec.initContainers)];
}

/** The amounts of one container. */
export function containerAmounts(
  container: JsonObject,
  kind: AmountKind,
): Map<string, ExactQuantity> {
  return amountsOf(asObject(container.resources)?.[kind]);
}

/** The amounts of a pod: containers and sidecars together, or the greediest moment of initialization, plus overhead. */
export function podAmounts(spec: JsonObject, kind: AmountKind): ResourceAmounts {
  const sum = new Map<string, ExactQuantity>();
  for (const container of objectsOf(spec.containers)) {
    addAmounts(sum, containerAmounts(container, kind));
  }
  const sidecars = new Map<string, ExactQuantity>();
  const peak = new Map<string, ExactQuantity>();
  for (const container of objectsOf(spec.initContainers)) {
    const amounts = containerAmounts(container, kind);
    if (container.restartPolicy === 'Always') {
      addAmounts(sidecars, amounts);
      raise(peak, sidecars);
    } else {
      addAmounts(amounts, sidecars);
      raise(peak, amounts);
    }
  }
  addAmounts(sum, sidecars);
  raise(sum, peak);
  for (const [name, amount] of amountsOf(spec.overhead)) {
    // A limit that is not set stays unlimited.
    if (kind === 'requests' || sum.has(name)) addAmounts(sum, new Map([[name, amount]]));
  }
  return sum;
}

function raise(into: Map<string, ExactQuantity>, amounts: ResourceAmounts): void {
  for (const [name, amount] of amounts) {
    const known = into.get(name);
    if (known === undefined || known.milli < amount.milli) into.set(name, amount);
  }
}
