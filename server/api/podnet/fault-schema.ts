/** The schema of a Fault. */

import type { FaultType } from '../../contract/kube.js';
import type { JsonObject } from '../../kube/json.js';
import { conditions, list, object, text, time, whole } from './schema-parts.js';

/** Every type of fault, with what it does. */
export const FAULT_TYPES: Readonly<Record<FaultType, string>> = {
  LinkDown: 'a cable is unplugged, a device is set down, or the veth of a pod is',
  Delay: 'a cable takes longer, perhaps by a random part (jitter)',
  Loss: 'a cable loses a share of its frames',
  CorruptRoute: 'a route leads elsewhere',
  DeletedRoute: 'a route is gone',
  WrongMask: 'an address has another prefix length',
  WrongMTU: 'a device has another MTU',
  WrongNeighbor: 'an address is tied to a wrong MAC for good',
  IPForwardOff: 'a machine does not forward (net.ipv4.ip_forward=0)',
  Sysctl: 'a sysctl has another value',
  DropRule: 'an iptables rule at the head of a chain drops what it matches',
  KillProcess: 'a container, or the pause container, gets SIGKILL once',
  NodeDown: 'a node has no power',
};

const DURATION = { pattern: '^[0-9]{1,6}(\\.[0-9]{1,6})?(us|ms|s)$' };

/** A Fault: spec and status. */
export const FAULT_SCHEMA: JsonObject = object(
  'A Fault breaks one thing in the emulated network for as long as the object is there. Deleting it heals what it broke.',
  {
    spec: object(
      'What to break. It cannot be changed: delete the Fault and create another.',
      {
        type: text(
          `What kind of fault it is: ${Object.entries(FAULT_TYPES)
            .map(([type, does]) => `${type}: ${does}`)
            .join('; ')}.`,
          { enum: Object.keys(FAULT_TYPES) },
        ),
        node: text('Machine to break: a node, router, switch or machine outside.', {
          minLength: 1,
          maxLength: 253,
        }),
        pod: text(
          'Pod to break, as NAMESPACE/NAME; a bare NAME is one of namespace default. A pod that comes anew under the same name is broken again.',
          { minLength: 1, maxLength: 512 },
        ),
        cable: text(
          'Cable to break: one of its ends, as MACHINE:DEVICE. kubectl get topologies -o yaml lists them.',
          { minLength: 1, maxLength: 512 },
        ),
        device: text(
          'Device of the node or pod. The first device with a cable, or eth0 of a pod, when absent.',
          { minLength: 1, maxLength: 15 },
        ),
        delay: text('Delay: how much longer frames take, such as 100ms.', DURATION),
        jitter: text('Delay: how far the delay of each frame may be off, such as 10ms.', DURATION),
        lossPercent: {
          description: 'Loss: share of the frames that are lost, in percent.',
          type: 'number',
          minimum: 0,
          maximum: 100,
        },
        route: object(
          'CorruptRoute and DeletedRoute: which route, and where it leads instead.',
          {
            dst: text('Destination of the route, such as 10.244.1.0/24 or default.', {
              maxLength: 64,
            }),
            via: text('Next hop instead of the right one.', { format: 'ipv4' }),
            dev: text('Device instead of the right one.', { minLength: 1, maxLength: 15 }),
          },
          ['dst'],
        ),
        address: text('WrongMask: which address; the first of the device when absent.', {
          format: 'ipv4',
        }),
        prefixLength: whole('WrongMask: the wrong prefix length.', [0, 32]),
        mtu: whole('WrongMTU: the wrong MTU, in octets.', [68, 65535]),
        neighbor: object(
          'WrongNeighbor: the address and the wrong MAC.',
          {
            address: text('Address of the neighbour.', { format: 'ipv4' }),
            mac: text('MAC that it is given.', {
              pattern: '^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$',
            }),
          },
          ['address', 'mac'],
        ),
        sysctl: object(
          'Sysctl: which one, and its wrong value.',
          {
            name: text('Name with dots, such as net.ipv4.conf.all.rp_filter.', {
              minLength: 1,
              maxLength: 256,
            }),
            value: text('Value.', { maxLength: 256 }),
          },
          ['name', 'value'],
        ),
        rule: object(
          'DropRule: the rule that is inserted.',
          {
            table: text('Table of iptables.', {
              enum: ['filter', 'raw', 'mangle'],
              default: 'filter',
            }),
            chain: text('Chain at whose head the rule stands, such as FORWARD.', {
              minLength: 1,
              maxLength: 28,
            }),
            match: text(
              'What the rule matches, as on the command line of iptables: -p tcp --dport 80. Everything when absent.',
              { maxLength: 512 },
            ),
            target: text('What becomes of it.', { enum: ['DROP', 'REJECT'], default: 'DROP' }),
          },
          ['chain'],
        ),
        container: text(
          'KillProcess: which container; pause is the one that holds the network of the pod. The only container of the pod when absent.',
          { minLength: 1, maxLength: 63 },
        ),
      },
      ['type'],
    ),
    status: object('What was done.', {
      phase: text(
        'Pending while its target is not there, Active while something is broken, Failed when nothing could be, Healed when it is mended.',
      ),
      conditions: conditions('Active: the fault is in force; the message says on what.'),
      target: text('What is broken.'),
      startTime: time('Since when, in simulated time.'),
      commands: list('What was done, as a person would type it; the machine stands before the #.', {
        type: 'string',
      }),
      heal: list('What undoes it.', { type: 'string' }),
    }),
  },
  ['spec'],
);
