/** What the bar above the drawing says, in one place to be translated. */
export const SEARCH = {
  placeholder: 'Find pods…',
  label:
    'Find pods by name, address, image, status or labels (app=web, tier in (a,b), !canary); Enter goes to the next',
  offers: 'Labels in use',
} as const;

/** What a person may change about the drawing. */
export const VIEW = {
  pods: 'Pods',
  fold: 'Draw',
  folds: {
    nothing: 'every pod',
    namespaces: 'namespaces folded',
    nodes: 'nodes folded',
  },
  foldWhy: 'the pods of a node, or of a namespace on a node, as one',
  noise: 'Hide the system',
  noiseWhy: 'pods and Services of kube-… namespaces',
  hidden: (count: number) => `${count} hidden`,
  places: 'Places',
  lock: 'Lock places',
  lockWhy: 'nothing is dragged by accident; on a map, Shift and dragging move a node',
  tidy: 'Tidy up',
  tidyWhy: 'Put everything back in its computed place',
  tidied: 'nothing was moved by hand',
  minimap: 'Overview: click to go there',
} as const;
