import type { AdmissionChange } from '../../api/index.js';
import type { Step } from '../../contract/journey.js';
import type { Pod } from '../../contract/kube.js';

/** Characters of a value that stand in a step; the artefact has all. */
const SHOWN = 80;

/** What admission wrote: a step for each plugin that changed something, then the one that tells of the store. */
export function admissionSteps(
  pod: Pod,
  changes: readonly AdmissionChange[],
  stored: Step,
): readonly Step[] {
  const { artefacts, atNs } = stored;
  const plugins = [...new Set(changes.map(({ plugin }) => plugin))];
  const steps = plugins.map((plugin): Step => {
    const own = changes.filter((change) => change.plugin === plugin);
    const fields = own.map(({ field }) => field).join(', ');
    return {
      atNs,
      component: 'admission',
      action: plugin,
      reason: `the plugin ${plugin} fills in ${fields}`,
      changes: own.map((change) => ({
        field: change.field,
        before: change.kept === undefined ? 'not there' : `${change.kept} items`,
        after: shortened(JSON.stringify(addedBy(pod, change)) ?? 'gone'),
      })),
      ...(artefacts === undefined ? {} : { artefacts }),
    };
  });
  return [...steps, stored];
}

/** What a change added, as the object has it now: of a list, the items behind those that were there. */
export function addedBy(pod: Pod, { field, kept }: AdmissionChange): unknown {
  const value = at(pod, field);
  return Array.isArray(value) && kept !== undefined ? value.slice(kept) : value;
}

function at(object: unknown, path: string): unknown {
  let value = object;
  for (const part of path.split(/[.[\]]+/).filter((word) => word !== '')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[part];
  }
  return value;
}

function shortened(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN - 1)}…` : text;
}
