import type { Layer } from '../model/layers.js';

/** What the layers over the drawing say, in one place to be translated. */
export const OVERLAY = {
  menu: 'view',
  menuLabel: 'What is drawn: layers, folds, places',
  menuTitle: 'Layers',
  layers: {
    services: {
      name: 'Services',
      what: 'each Service above the nodes, with lines to its pods: whole to those that are ready, dashed to those that are not; node ports below the nodes',
    },
    policies: {
      name: 'NetworkPolicies',
      what: 'a shield on each pod that a policy isolates; select a pod or a policy to see whom its rules let pass',
    },
    tunnels: { name: 'VXLAN tunnels', what: 'which tunnel devices send to each other' },
    hosted: { name: 'Host network', what: 'lines of pods that use the network of their node' },
    labels: { name: 'Cable labels', what: 'devices, delay and rate of each cable' },
  } satisfies Record<Layer, { readonly name: string; readonly what: string }>,
  noTunnels: (network: string) => `this network (${network}) has no tunnels`,
  noPolicies: 'there are no policies',
  manyTunnels: 'select a node to see its tunnels',
  service: (name: string, ready: number, unready: number) =>
    `Service ${name}, ${ready} ready endpoints${unready > 0 ? `, ${unready} not ready` : ''}`,
  policy: (name: string, ways: string, pods: number) =>
    `NetworkPolicy ${name} isolates ${pods} ${pods === 1 ? 'pod' : 'pods'}: ${ways || 'nothing'}`,
  pods: (count: number) => `${count} ${count === 1 ? 'pod' : 'pods'}`,
  nodePort: (ports: string) => `NodePort ${ports}`,
  nodePortOpen: 'any node takes this port and sends it to a pod, on whichever node',
  nodePortLocal: 'externalTrafficPolicy: Local. This node sends it to its own pods',
  nodePortNone:
    'externalTrafficPolicy: Local, and no ready pod of the Service is here: this node drops it',
  everyone: 'everyone',
  nobody: 'nobody',
  into: '⇣',
  outOf: '⇡',
  more: (count: number) => `and ${count} more`,
  isolated: (ways: string) => `isolated by NetworkPolicies: ${ways}`,
  tunnel: (vni: number, port: number, a: string, b: string) =>
    `VXLAN ${vni}, UDP ${port}: ${a} – ${b}`,
  half: ' (known on one side only)',
} as const;
