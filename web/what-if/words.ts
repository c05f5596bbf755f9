/** The English of suggestions and of predict mode, in one place so that it can be translated. */

import type { ChangeSize } from '../../server/contract/what-if.js';

export const SUGGEST = {
  button: 'What would make it arrive?',
  buttonHint: 'Try changes on a copy of the cluster, and list those after which this trace arrives',
  title: 'What would make it arrive?',
  how: 'Each change was made on a copy of the cluster, and the same packet was sent again. The cluster itself was not touched.',
  trying: 'Making copies of the cluster and trying changes on them…',
  stop: 'Stop',
  close: 'Close',
  again: 'Try again',
  none: 'No change that was tried made the packet arrive.',
  failed: (outcome: string) => `The trace failed: ${outcome}`,
  why: 'Why:',
  show: 'Show it ▶',
  showHint: 'Play the way of the packet on the copy, after the change',
  apply: 'Apply it',
  applyHint: 'Make this change in the cluster; undo takes it back',
  typeHint: 'Type these commands in the cluster',
  ask: 'Ask so ▶',
  askHint: 'Send the changed trace in the cluster',
  applying: 'applying…',
  applied: 'applied ✔',
  change: 'What is changed',
  sizes: {
    field: 'a small change',
    object: 'one object more',
    restart: 'pods are made anew',
  } satisfies Record<ChangeSize, string>,
  question: 'asks something else',
  cluster: 'changes the cluster',
  tried: (count: number) =>
    count === 1 ? 'tried one other that did not help' : `tried ${count} others that did not help`,
  took: (ms: number) => (ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`),
  onCopy: 'What if, on a copy:',
  back: 'All suggestions',
  backToFailed: 'The failed trace',
  compare: 'Compare',
  sendAgain: 'Send it in the cluster ▶',
  newObject: 'new',
  in: (place: string) => `in ${place}`,
} as const;
