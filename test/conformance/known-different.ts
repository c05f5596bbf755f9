/** Labs in which podnet is known to differ from Linux, and why. */
export const KNOWN_DIFFERENT: ReadonlyMap<string, string> = new Map([
  [
    'vxlan-pmtu-blackhole-tcp-data',
    'RACK and tail loss probes (RFC 8985) are not modelled: Linux sends the lost segments again after 5 ms',
  ],
  [
    'vxlan-pod-mtu-1500-tcp-data',
    'Linux acts on the path MTU when sendmsg() lets go of the socket, after the next acknowledgement; podnet at once',
  ],
]);
