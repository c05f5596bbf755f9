/** Labs in which podnet is known to differ from Linux, and why. */
export const KNOWN_DIFFERENT: ReadonlyMap<string, string> = new Map([
  [
    'vxlan-pod-mtu-1500-tcp-data',
    'a VXLAN device joins TCP segments that arrive together (gro_cells); podnet has no receive offload',
  ],
]);
