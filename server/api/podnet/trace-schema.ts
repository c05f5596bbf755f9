/** The schema of a Trace. */

import type { JsonObject } from '../../kube/json.js';
import { conditions, list, object, text, time, truth, whole } from './schema-parts.js';

const STEP = object('One decision or action, with its reason.', {
  component: text(
    'Part that acted: device, bridge, route, neighbor, netfilter, conntrack, nat, socket, icmp, vxlan.',
  ),
  action: text('What it did, such as transmit, forward, dnat, drop or accept.'),
  device: text('Device on which the step happened.'),
  reason: text('One sentence with the values that decided.'),
  code: text('Reason of a drop or refusal in one word, such as no-route or hook-dropped.'),
  packet: text('The packet as it left this step, in the manner of tcpdump.'),
});

const HOP = object('One network namespace that a packet visited.', {
  place: text('Node or pod that was visited.'),
  packet: whole('Which packet of the conversation it was; 0 is the probe.', [0, 1_000_000]),
  direction: text('request, reply, related or none.'),
  steps: list('What happened there, in order of time.', STEP),
});

/** A Trace: spec and status. */
export const TRACE_SCHEMA: JsonObject = object(
  'A Trace sends one probe through the emulated network, on the simulated clock, and tells hop by hop what became of it and why.',
  {
    spec: object(
      'The probe. It cannot be changed: it is sent once.',
      {
        from: text(
          'Sender: a pod (NAME, pod/NAME, NAMESPACE/NAME), a workload whose first pod is meant (deploy/NAME), a machine (node/NAME, outside), or the IP of a pod. A bare name is looked up in the namespace of the Trace.',
          { minLength: 1, maxLength: 512 },
        ),
        to: text(
          'Receiver: whatever may stand in from, or a Service (svc/NAME), a DNS name or an IP. A port may follow after a colon.',
          { minLength: 1, maxLength: 512 },
        ),
        protocol: text(
          'Protocol of the probe: tcp (a connection), udp (a datagram) or icmp (a ping).',
          {
            enum: ['tcp', 'udp', 'icmp'],
            default: 'tcp',
          },
        ),
        port: whole('Port of the receiver. The only port of the receiver when absent.', [0, 65535]),
        size: whole(
          'Octets of payload. 0 for tcp, 12 for udp, 56 for icmp when absent.',
          [0, 65507],
        ),
        dontFragment: truth(
          'Sets DF: the packet is dropped where it does not fit, instead of being cut.',
        ),
        ttl: whole('Time to live of the probe; 64 when absent.', [1, 255]),
        activeDeadlineSeconds: whole(
          'How long the Trace may wait for its ends to exist and have a network before it fails, in simulated seconds.',
          [1, 86_400],
          { default: 30 },
        ),
        ttlSecondsAfterFinished: whole(
          'When the Trace is deleted after it finished, in simulated seconds. Never when absent.',
          [0, 31_536_000],
        ),
      },
      ['from', 'to'],
    ),
    status: object('What became of the probe.', {
      phase: text(
        'Pending while its ends are awaited, Running while packets travel, Complete when the outcome is known, Failed when no probe could be sent.',
      ),
      conditions: conditions(
        'Complete: the outcome is known. Delivered: the receiver got the probe, and its answer came back where the protocol has one. Failed: no probe could be sent.',
      ),
      disposition: text('delivered, refused, dropped, timeout or error.'),
      summary: text('One sentence that says why it ended so.'),
      advice: text('What to do about it, in the words of manifests.'),
      reason: text('Reason of the last drop or refusal in one word, such as no-route.'),
      startTime: time('When the probe was sent, in simulated time.'),
      completionTime: time('When its outcome was known, in simulated time.'),
      hopCount: whole('How many hops there were, listed below or not.', [0, 1_000_000]),
      truncated: text(
        'Says what was left out of the hops: at most 64 hops and 512 steps are kept. Absent when nothing was.',
      ),
      hops: list('Every network namespace that a packet visited, in order of time.', HOP, {
        maxItems: 64,
      }),
    }),
  },
  ['spec'],
);
