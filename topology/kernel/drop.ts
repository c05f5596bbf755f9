/**
 * Why a packet went no further: facts about one packet at one place. Each reason has a counter per namespace, a step in
 * the trace and a test that produces it. The text says it to a learner; `{…}` is not filled in, values are in the step.
 */
export const DROP_REASONS = {
  'link-down': 'the device is down',
  'no-carrier': 'the other end of the device is down or unplugged',
  'mtu-exceeded': 'the packet is larger than the device can send and may not be fragmented',
  'frame-too-long': 'the frame is longer than the receiving device accepts',
  'cable-loss': 'the cable lost the frame',
  'queue-full': 'the sending queue of the device is full',
  'other-host': 'the frame is addressed to another host',
  'no-handler': 'no protocol handles this EtherType',
  'bridge-port-down': 'the bridge port is disabled, blocking or down',
  'bridge-no-port': 'the bridge has no other port to send the frame to',
  'bridge-same-port': 'the frame would leave by the port it came in on and hairpin mode is off',
  'bridge-isolated': 'both bridge ports are isolated from each other',
  'vxlan-no-fdb': 'the VXLAN device has no forwarding entry for this address',
  'vxlan-unknown-vni': 'no VXLAN device here has this VNI',
  'martian-source': 'the source address cannot have come from there',
  'martian-destination': 'the destination address must not appear on the wire',
  'rp-filter': 'the route back to the source does not lead through this device',
  'no-route': 'no route matches the destination',
  'route-unreachable': 'the route says unreachable',
  'route-prohibit': 'the route says prohibit',
  'route-blackhole': 'the route says blackhole',
  'forwarding-disabled': 'net.ipv4.ip_forward is 0 here, so packets for others are ignored',
  'ttl-expired': 'the time to live reached zero',
  'broadcast-not-forwarded': 'broadcasts and multicasts are not forwarded',
  'neighbor-unresolved': 'nobody answered the question who has the next hop',
  'neighbor-queue-full': 'too many packets wait for the same next hop to be resolved',
  'hook-dropped': 'a netfilter rule or policy dropped it',
  'hook-rejected': 'a netfilter rule rejected it',
  'conntrack-full': 'the connection table is full',
  'nat-no-port': 'no source port was free for the address translation',
  'fragment-timeout': 'not all fragments came in time',
  malformed: 'the packet is malformed',
  'no-socket': 'nothing listens on this port',
  'no-protocol': 'nothing here handles this IP protocol',
  'socket-buffer-full': 'the receive buffer of the socket is full',
  'listen-overflow': 'the accept queue of the listener is full',
  'tcp-invalid': 'the segment does not fit the state of the connection',
  'icmp-ignored': 'this ICMP message is ignored here',
  'arp-ignored': 'the ARP message asks for nothing that this host answers for',
  'netns-gone': 'the namespace was deleted while the packet was waiting',
} as const;

/** A key of `DROP_REASONS`. */
export type DropReason = keyof typeof DROP_REASONS;
