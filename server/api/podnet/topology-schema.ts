/** The schema of a Topology, as the API shows it. */

import type { JsonObject } from '../../kube/json.js';
import { list, object, text, whole } from './schema-parts.js';

const ENDPOINTS = list(
  'The two ends, as MACHINE:DEVICE.',
  { type: 'string' },
  { minItems: 2, maxItems: 2 },
);

const NAMED = object('One machine.', { name: text('Name of the machine.') });

/** A Topology: spec and status. */
export const TOPOLOGY_SCHEMA: JsonObject = object(
  'A Topology says which machines the cluster runs on, how they are cabled and which ranges it uses. It is made from the document that the cluster was started with; only delay, rate and loss of its links can be changed while it runs.',
  {
    spec: object('The shape of the network, with every name and address written out.', {
      network: object('Ranges and kind of the pod network.', {
        mode: text('host-gw: routes between nodes; vxlan: an overlay as flannel makes it.'),
        mtu: whole('MTU of the underlay, in octets.', [576, 65535]),
        clusterCIDR: text('Range of all pods.'),
        nodeCIDRMaskSize: whole('Prefix length of the part that each node has.', [1, 32]),
        serviceCIDR: text('Range of cluster IPs.'),
        nodePortRange: text('Ports of NodePort Services, inclusive.'),
        dnsIP: text('Address of the Service kube-dns.'),
      }),
      nodes: list(
        'Machines that run pods.',
        object('One node.', {
          name: text('Name of the node.'),
          role: text('control-plane or worker.'),
          address: text('Address with prefix length.'),
          gateway: text('Next hop of the default route.'),
          labels: {
            description: 'Labels of the Node object.',
            type: 'object',
            additionalProperties: { type: 'string' },
          },
          capacity: object('What the node has room for.', {
            cpu: text('Cores.'),
            memory: text('Memory.'),
            pods: whole('Pods.', [1, 10_000]),
          }),
        }),
      ),
      switches: list('Learning switches without addresses.', NAMED),
      routers: list(
        'Machines that forward between their interfaces.',
        object('One router.', {
          name: text('Name of the router.'),
          interfaces: list(
            'Its devices.',
            object('One device.', {
              name: text('Name of the device.'),
              address: text('Address with prefix length.'),
            }),
          ),
          routes: list(
            'Routes beyond those of its own networks.',
            object('One route.', { dst: text('Destination.'), via: text('Next hop.') }),
          ),
        }),
      ),
      outside: list(
        'Machines that are no part of the cluster.',
        object('One machine.', {
          name: text('Name of the machine.'),
          address: text('Address with prefix length.'),
          gateway: text('Next hop of the default route.'),
          also: list('Further addresses that it answers for.', { type: 'string' }),
        }),
      ),
      links: list(
        'Cables.',
        object('One cable.', {
          endpoints: ENDPOINTS,
          delay: text('One-way delay, such as 20us or 5ms. Can be changed.', {
            pattern: '^[0-9]{1,9}(\\.[0-9]{1,6})?(us|ms|s)$',
          }),
          rate: text(
            'Bits per second, such as 1Gbit; as fast as can be when absent. Can be changed.',
            {
              pattern: '^[0-9]{1,9}(\\.[0-9]{1,6})?[kKmMgG]?bit$',
            },
          ),
          loss: {
            description: 'Share of frames lost, from 0 to 1. Can be changed.',
            type: 'number',
            minimum: 0,
            maximum: 1,
          },
        }),
      ),
    }),
    status: object('What there is now.', {
      nodes: whole('How many nodes.', [0, 1_000_000]),
      switches: whole('How many switches.', [0, 1_000_000]),
      routers: whole('How many routers.', [0, 1_000_000]),
      outside: whole('How many machines outside.', [0, 1_000_000]),
      links: text('How many cables are up, of how many.'),
      machines: list(
        'Machines with their addresses; at most 1,000.',
        object('One machine.', {
          name: text('Name of the machine.'),
          kind: text('node, router, switch or outside.'),
          address: text('Its first address.'),
          podCIDR: text('Range of the pods of a node.'),
        }),
      ),
      linkStates: list(
        'Cables as they are now, faults included; at most 1,000.',
        object('One cable.', {
          endpoints: ENDPOINTS,
          state: text('Up or Down.'),
          delay: text('One-way delay now.'),
          loss: { description: 'Share of frames lost now.', type: 'number' },
        }),
      ),
    }),
  },
);
