/** What the map says, in one place to be translated. */
export const MAP_WORDS = {
  pending: '▲ not scheduled: on no node yet',
  off: '⏻ powered off',
  cordoned: 'cordoned',
  label:
    'Map of the cluster. Arrow keys go to neighbours, space goes in and out of a node, Enter opens details, o folds and unfolds, plus and minus zoom, 0 shows everything.',
  openRoom: 'double-click, or o, unfolds',
  openFold: 'click, or Enter, unfolds',
  minimap: 'Overview: click to go there',
  larger: 'Larger',
  smaller: 'Smaller',
  everything: 'Show everything',
} as const;
