/** Command lines about kinds that no kubectl knows: podnet's own, and those of a CustomResourceDefinition. */

import type { Line } from './line.js';

/** Traces, Faults and the Topology. */
export const OWN_KINDS: readonly Line[] = [
  {
    id: 'o1',
    run: 'kubectl api-resources --api-group=podnet.dev',
    passing: /^clusters /,
    out: `
      NAME SHORTNAMES APIVERSION NAMESPACED KIND
      faults flt podnet.dev/v1 false Fault
      topologies topo podnet.dev/v1 false Topology
      traces tr podnet.dev/v1 true Trace`,
  },
  {
    id: 'o2',
    run: 'kubectl get topo',
    out: `
      NAME MODE NODES ROUTERS SWITCHES LINKS AGE
      three-nodes host-gw 3 1 1 5/5 <age>`,
  },
  {
    id: 'o3',
    run: 'kubectl apply -f web.yaml && kubectl run visitor --image=busybox -- sleep 1d && kubectl wait --for=condition=Ready pod --all --timeout=60s >/dev/null',
    out: `
      deployment.apps/web created
      service/web created
      pod/visitor created`,
  },
  {
    id: 'o4',
    run: 'kubectl apply -f trace.yaml && kubectl wait --for=condition=Complete trace/to-web --timeout=30s && kubectl apply -f trace.yaml',
    out: `
      trace.podnet.dev/to-web created
      trace.podnet.dev/to-web condition met
      trace.podnet.dev/to-web unchanged`,
  },
  {
    id: 'o5',
    run: 'kubectl get traces',
    out: `
      NAME FROM TO PROTOCOL RESULT REASON HOPS AGE
      to-web visitor web:80 tcp delivered <number> <age>`,
  },
  {
    id: 'o6',
    run: 'kubectl get --raw /apis/podnet.dev/v1/namespaces/default/traces/to-web/pcap | head -c 4 | od -An -tx1',
    out: '0a 0d 0d 0a',
  },
  {
    id: 'o7',
    run: `kubectl patch trace to-web --type=merge -p '{"spec":{"port":81}}'`,
    code: 1,
    err: `
      Warning: spec: a Trace is sent once: create another to send another probe
      The Trace "to-web" is invalid: spec: Invalid value: <any>: field is immutable`,
  },
  {
    id: 'o8',
    run: 'kubectl explain trace.spec.ttl && kubectl explain fault.spec.rule.target && kubectl explain topology.status.links',
    out: `
      GROUP: podnet.dev
      KIND: Trace
      VERSION: v1

      FIELD: ttl <integer>


      DESCRIPTION:
      Time to live of the probe; 64 when absent.


      GROUP: podnet.dev
      KIND: Fault
      VERSION: v1

      FIELD: target <string>
      ENUM:
      DROP
      REJECT

      DESCRIPTION:
      What becomes of it.


      GROUP: podnet.dev
      KIND: Topology
      VERSION: v1

      FIELD: links <string>


      DESCRIPTION:
      How many cables are up, of how many.`,
  },
  {
    id: 'o9',
    run: 'kubectl create -f fault.yaml && kubectl wait --for=condition=Active fault/cut --timeout=30s && kubectl get faults',
    out: `
      fault.podnet.dev/cut created
      fault.podnet.dev/cut condition met
      NAME TYPE TARGET PHASE AGE
      cut LinkDown pod default/visitor eth0 Active <age>`,
  },
  {
    id: 'o10',
    run: 'kubectl replace --force -f trace.yaml && kubectl wait --for=condition=Delivered=false trace/to-web --timeout=60s && kubectl get traces',
    out: `
      trace.podnet.dev "to-web" deleted
      trace.podnet.dev/to-web replaced
      trace.podnet.dev/to-web condition met
      NAME FROM TO PROTOCOL RESULT REASON HOPS AGE
      to-web visitor web:80 tcp dropped no-carrier <number> <age>`,
  },
  {
    id: 'o11',
    run: 'kubectl delete fault cut && kubectl replace --force -f trace.yaml && kubectl wait --for=condition=Delivered trace/to-web --timeout=60s',
    out: `
      fault.podnet.dev "cut" deleted
      trace.podnet.dev "to-web" deleted
      trace.podnet.dev/to-web replaced
      trace.podnet.dev/to-web condition met`,
  },
  {
    id: 'o12',
    run: 'kubectl create -f bad-fault.yaml',
    code: 1,
    err: `
      The Fault "bad" is invalid:
      * spec.cable: Required value: Delay needs a cable (spec.cable) or a machine (spec.node) to break
      * spec.delay: Required value: Delay needs it
      * spec.pod: Forbidden: means nothing to Delay, which takes cable, node, delay, device, jitter`,
  },
  {
    id: 'o13',
    run: `kubectl patch topo three-nodes --type=json -p '[{"op":"replace","path":"/spec/links/0/delay","value":"5ms"}]' && kubectl patch topo three-nodes --type=json -p '[{"op":"replace","path":"/spec/network/mtu","value":1400}]'`,
    code: 1,
    out: 'topology.podnet.dev/three-nodes patched',
    err: 'The Topology "three-nodes" is invalid: spec.network: Forbidden: is fixed while the cluster runs: start it with another --topology',
  },
];

/** Kinds of a CustomResourceDefinition. */
export const CUSTOM_KINDS: readonly Line[] = [
  {
    id: 'c1',
    run: 'kubectl apply -f widgets.yaml && kubectl wait --for=condition=Established crd/widgets.example.com && kubectl apply -f widget.yaml && kubectl apply -f widget.yaml',
    out: `
      customresourcedefinition.apiextensions.k8s.io/widgets.example.com created
      customresourcedefinition.apiextensions.k8s.io/widgets.example.com condition met
      widget.example.com/first created
      widget.example.com/first unchanged`,
  },
  {
    id: 'c2',
    run: 'kubectl scale widget/first --replicas=3 && kubectl get wd',
    out: `
      widget.example.com/first scaled
      NAME SIZE REPLICAS AGE
      first small 3 <age>`,
  },
  {
    id: 'c3',
    run: 'kubectl explain widget.spec.size',
    out: `
      GROUP: example.com
      KIND: Widget
      VERSION: v1

      FIELD: size <string>
      ENUM:
      small
      large

      DESCRIPTION:
      How big it is.`,
  },
  {
    id: 'c4',
    run: `kubectl patch widget first --type=merge -p '{"spec":{"size":"huge","replicas":"3"}}'`,
    code: 1,
    err: `
      The Widget "first" is invalid:
      * spec.size: Unsupported value: "huge": supported values: "small", "large"
      * spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer: "string"`,
  },
  {
    id: 'c5',
    run: 'sed "s/size: small/size: small, colour: red/; s/spec:/spec: {/; \\$s/\\$/}/" widget.yaml | tr "\\n" "~" | sed "s/{~/{/" | tr "~" "\\n" | kubectl create --dry-run=server -f -',
    code: 1,
    err: 'Error from server (BadRequest): error when creating "STDIN": Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "spec.colour"',
  },
  {
    id: 'c6',
    run: 'kubectl delete crd widgets.example.com && kubectl apply -f widgets.yaml >/dev/null && kubectl get widgets',
    out: 'customresourcedefinition.apiextensions.k8s.io "widgets.example.com" deleted',
    err: 'No resources found in default namespace.',
  },
];
