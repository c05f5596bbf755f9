/** What the editor of manifests says. */
export const EDITOR = {
  applyKey: 'Ctrl ⏎',
  title: 'Apply a manifest',
  textName: 'Manifest in YAML or JSON; files may be dropped here',
  apply: 'Apply',
  working: 'working…',
  dryRun: 'Dry run',
  dryRunTitle: 'Check everything, store nothing, and show on the graph what would change',
  deleteThese: 'Delete these objects',
  deleteTitle: 'Shows first, crossed on the graph, what would go',
  open: 'Open files…',
  drop: 'or drop them into the text',
  template: 'Template…',
  templateName: 'Start from a template',
  close: 'Close',
  hint: 'Ctrl Space completes, a field’s name shows what it is, Escape then Tab leaves the text',
  loading: 'The editor is being loaded…',
  notLoaded: 'The editor could not be loaded: is the server still running?',
  checked: 'no problem found',
  checking: 'checking…',
  notChecked: 'too long to be checked while typing: Dry run checks it',
  tooLong: (megabytes: string) =>
    `The text is ${megabytes} MB; the page sends at most 2.9 MB at once. Split it, or use kubectl apply -f.`,
  diffOf: (title: string) => `What changes in ${title}`,
  editing: (title: string) => `Editing ${title}: applied only if nobody changed it meanwhile`,
  line: (line: number, column: number) => `line ${line}:${column}`,
  more: (count: number) => `… and ${count} more`,
} as const;

/** Signs and words of outcomes. */
export const OUTCOMES = {
  created: { sign: '+', word: 'created', dry: 'would be created' },
  configured: { sign: '~', word: 'changed', dry: 'would be changed' },
  unchanged: { sign: '=', word: 'unchanged', dry: 'unchanged' },
  deleted: { sign: '✕', word: 'deleted', dry: 'would be deleted' },
  refused: { sign: '▲', word: 'refused', dry: 'refused' },
} as const;

/** What the bar of a dry run says. */
export const GHOST = {
  inNamespace: (namespace: string) => ` in ${namespace}`,
  name: 'Dry run',
  title: 'Dry run: nothing is stored yet',
  legend: 'Dashed pods would be made, on the nodes that the scheduler would choose now.',
  what: 'Object by object',
  apply: 'Apply',
  remove: 'Delete',
  back: 'Back to the text',
  discard: 'Discard',
  status: 'would be made',
  waits: 'would wait',
  problem: 'dry run: not made yet',
} as const;
