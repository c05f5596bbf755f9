/** What the toolbar says. */
export const TOOLBAR = {
  brand: 'podnet',
  apply: '+ Apply manifest',
  live: '● live',
  lost: '▲ no connection',
  podsWell: (well: number, pods: number) => `${well}/${pods} pods well`,
  podsBad: (bad: number) => `▲ ${bad}`,
  groups: {
    time: 'Simulated time',
    act: 'Change the cluster',
    watch: 'Watch and learn',
    share: 'Share',
    view: 'The page',
  },
} as const;

/** Name and facts of the cluster. */
export const CLUSTER = {
  facts: 'Facts of the cluster',
  name: 'cluster',
  topology: 'topology',
  version: 'Kubernetes',
  pods: 'pods',
  services: 'Services',
  dns: 'DNS',
  network: 'network between nodes',
} as const;

/** The simulated clock. */
export const CLOCK = {
  label: 'Simulated clock',
  run: { sign: '▶', word: 'run' },
  runTitle: 'Let simulated time run',
  pause: { sign: '❚❚', word: 'pause' },
  pauseTitle: 'Stop simulated time: the whole cluster stands still',
  step: { sign: '❙▶', word: 'step' },
  stepTitle: 'Run the next event only',
  speed: 'Speed of the simulated clock',
  speedTitle: 'Simulated seconds per second',
  times: (speed: number) => `${speed}×`,
  time: (shown: string) => `Simulated time ${shown}`,
} as const;

/** How the page looks. */
export const THEME = {
  title: 'Theme of the page',
  names: { system: 'system', light: 'light', dark: 'dark', projector: 'projector' },
  hints: {
    system: 'as the system is set',
    light: 'dark on light',
    dark: 'light on dark',
    projector: 'large and strong, for a beamer in a bright room',
  },
} as const;
