/**
 * The command lines by which the API is judged, in the order in which a person may type them: each finds the cluster as
 * the lines before left it. `manifests/` holds the files they name.
 */

import type { Line } from './line.js';

const SLOW_ROLLOUT = /^Waiting for deployment "web" rollout to finish: /;

/** Forty lines, numbered, with what belongs to some of them lettered. */
export const ACCEPTANCE: readonly Line[] = [
  {
    id: '1',
    run: 'kubectl version',
    out: `
      Client Version: <release>
      Kustomize Version: <release>
      Server Version: v1.33.1`,
    unlike: {
      '1.31': {
        err: 'WARNING: version difference between client (1.31) and server (1.33) exceeds the supported minor version skew of +/-1',
      },
      '1.29': {
        err: 'WARNING: version difference between client (1.29) and server (1.33) exceeds the supported minor version skew of +/-1',
      },
    },
  },
  {
    id: '2',
    run: 'kubectl cluster-info',
    out: `
      Kubernetes control plane is running at http://127.0.0.1:<port>
      CoreDNS is running at http://127.0.0.1:<port>/api/v1/namespaces/kube-system/services/kube-dns:dns/proxy

      To further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.`,
  },
  {
    id: '3',
    run: 'kubectl get nodes -o wide',
    out: `
      NAME STATUS ROLES AGE VERSION INTERNAL-IP EXTERNAL-IP OS-IMAGE KERNEL-VERSION CONTAINER-RUNTIME
      control-plane Ready control-plane <age> v1.33.1 192.168.50.10 <none> podnet (emulated Linux) 6.12.0-podnet containerd://2.0.4
      worker-1 Ready <none> <age> v1.33.1 192.168.50.11 <none> podnet (emulated Linux) 6.12.0-podnet containerd://2.0.4
      worker-2 Ready <none> <age> v1.33.1 192.168.50.12 <none> podnet (emulated Linux) 6.12.0-podnet containerd://2.0.4`,
  },
  {
    id: '4',
    run: 'kubectl api-resources --api-group=apps',
    out: `
      NAME SHORTNAMES APIVERSION NAMESPACED KIND
      controllerrevisions apps/v1 true ControllerRevision
      daemonsets ds apps/v1 true DaemonSet
      deployments deploy apps/v1 true Deployment
      replicasets rs apps/v1 true ReplicaSet
      statefulsets sts apps/v1 true StatefulSet`,
  },
  {
    id: '5',
    run: 'kubectl explain pod.spec.containers.image',
    passing: /^$/,
    out: `
      KIND: Pod
      VERSION: v1
      FIELD: image <string>
      DESCRIPTION:
      Container image name. More info:
      https://kubernetes.io/docs/concepts/containers/images This field is optional
      to allow higher level config management to default or override container
      images in workload controllers like Deployments and StatefulSets.`,
  },
  { id: '6', run: 'kubectl create namespace lab', out: 'namespace/lab created' },
  {
    id: '7',
    run: 'kubectl apply -f web.yaml',
    out: `
      deployment.apps/web created
      service/web created`,
  },
  {
    id: '8',
    run: 'kubectl apply -f web.yaml',
    out: `
      deployment.apps/web unchanged
      service/web unchanged`,
  },
  {
    id: '9',
    run: 'kubectl rollout status deploy/web --timeout=30s',
    passing: SLOW_ROLLOUT,
    out: 'deployment "web" successfully rolled out',
  },
  {
    id: '10',
    run: 'kubectl get deploy,rs,po,svc',
    out: `
      NAME READY UP-TO-DATE AVAILABLE AGE
      deployment.apps/web 2/2 2 2 <age>

      NAME DESIRED CURRENT READY AGE
      replicaset.apps/web-<hash> 2 2 2 <age>

      NAME READY STATUS RESTARTS AGE
      pod/web-<hash>-<id> 1/1 Running 0 <age>
      pod/web-<hash>-<id> 1/1 Running 0 <age>

      NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE
      service/kubernetes ClusterIP 10.96.0.1 <none> 443/TCP <age>
      service/web ClusterIP <ip> <none> 80/TCP <age>`,
  },
  {
    id: '11',
    run: 'kubectl get pods -l app=web -o wide',
    out: `
      NAME READY STATUS RESTARTS AGE IP NODE NOMINATED NODE READINESS GATES
      web-<hash>-<id> 1/1 Running 0 <age> <ip> <worker> <none> <none>
      web-<hash>-<id> 1/1 Running 0 <age> <ip> <worker> <none> <none>`,
  },
  {
    id: '12',
    run: "kubectl get pods -o jsonpath='{.items[*].status.podIP}'",
    out: '<ip> <ip>',
  },
  {
    id: '13',
    run: 'kubectl apply -f bad.yaml',
    code: 1,
    err: `
      Warning: spec.containers[0].imagee: did you mean "image"?
      Error from server (BadRequest): error when creating "bad.yaml": Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.containers[0].imagee"`,
  },
  {
    id: '14',
    run: 'kubectl apply -f bad.yaml --validate=warn',
    out: 'pod/bad created',
    err: 'Warning: unknown field "spec.containers[0].imagee"',
  },
  {
    id: '15',
    run: 'kubectl apply -f noselector.yaml',
    code: 1,
    err: `
      Warning: spec.selector: add matchLabels: {app: x}
      The Deployment "x" is invalid:
      * spec.selector: Required value
      * spec.template.metadata.labels: Invalid value: map[string]string{"app":"x"}: \`selector\` does not match template \`labels\``,
  },
  {
    id: '16',
    run: "kubectl diff -f web2.yaml | grep '^[-+] '",
    out: `
      - generation: 1
      + generation: 2
      - - image: nginx:1.25
      + - image: nginx:1.26`,
  },
  { id: '16a', run: 'kubectl diff -f web2.yaml >/dev/null', code: 1 },
  {
    id: '17',
    run: 'kubectl apply -f web2.yaml --dry-run=server',
    out: `
      deployment.apps/web configured (server dry run)
      service/web unchanged (server dry run)`,
  },
  {
    id: '17a',
    run: "kubectl get deploy web -o jsonpath='{.spec.template.spec.containers[0].image} {.metadata.generation}'",
    out: 'nginx:1.25 1',
  },
  {
    id: '18',
    run: 'kubectl set image deploy/web nginx=nginx:1.27',
    out: 'deployment.apps/web image updated',
  },
  {
    id: '18a',
    run: 'kubectl rollout status deploy/web && kubectl get rs -o wide --sort-by=.metadata.creationTimestamp',
    passing: SLOW_ROLLOUT,
    out: `
      deployment "web" successfully rolled out
      NAME DESIRED CURRENT READY AGE CONTAINERS IMAGES SELECTOR
      web-<hash> 0 0 0 <age> nginx nginx:1.25 app=web,pod-template-hash=<hash>
      web-<hash> 2 2 2 <age> nginx nginx:1.27 app=web,pod-template-hash=<hash>`,
  },
  {
    id: '19',
    run: 'kubectl rollout history deploy/web',
    out: `
      deployment.apps/web
      REVISION CHANGE-CAUSE
      1 <none>
      2 <none>`,
  },
  {
    id: '20',
    run: 'kubectl rollout undo deploy/web',
    out: 'deployment.apps/web rolled back',
  },
  {
    id: '21',
    run: 'kubectl rollout status deploy/web && kubectl scale deploy/web --replicas=3',
    passing: SLOW_ROLLOUT,
    out: `
      deployment "web" successfully rolled out
      deployment.apps/web scaled`,
  },
  {
    id: '21a',
    run: "kubectl get pods -l app=web -w --no-headers >watched & sleep 0.5; kubectl scale deploy/web --replicas=4; kubectl rollout status deploy/web; kill $!; awk '{print $2, $3}' watched | uniq",
    passing: SLOW_ROLLOUT,
    out: `
      deployment.apps/web scaled
      deployment "web" successfully rolled out
      1/1 Running
      0/1 Pending
      0/1 ContainerCreating
      1/1 Running`,
  },
  {
    id: '21b',
    run: 'kubectl scale deploy/web --current-replicas=4 --replicas=3',
    out: 'deployment.apps/web scaled',
  },
  {
    id: '22',
    run: 'kubectl wait pod -l app=web --for=condition=Ready --timeout=30s',
    out: `
      pod/web-<hash>-<id> condition met
      pod/web-<hash>-<id> condition met
      pod/web-<hash>-<id> condition met`,
  },
  {
    id: '23',
    run: 'kubectl wait pod/bad --for=condition=Nope --timeout=1s',
    code: 1,
    err: 'error: timed out waiting for the condition on pods/bad',
  },
  {
    id: '24',
    run: 'kubectl describe pod/$(first-pod web)',
    out: `
      Name: web-<hash>-<id>
      Namespace: default
      Priority: 0
      Service Account: default
      Node: <worker>/<ip>
      Start Time: <time>
      Labels: app=web
      pod-template-hash=<hash>
      Annotations: <none>
      Status: Running
      IP: <ip>
      IPs:
      IP: <ip>
      Controlled By: ReplicaSet/web-<hash>
      Containers:
      nginx:
      Container ID: containerd://<sha256>
      Image: nginx:1.25
      Image ID: docker.io/library/nginx@sha256:<sha256>
      Port: 80/TCP
      Host Port: 0/TCP
      State: Running
      Started: <time>
      Ready: True
      Restart Count: 0
      Environment: <none>
      Mounts:
      /var/run/secrets/kubernetes.io/serviceaccount from kube-api-access-<id> (ro)
      Conditions:
      Type Status
      PodReadyToStartContainers True
      Initialized True
      Ready True
      ContainersReady True
      PodScheduled True
      Volumes:
      kube-api-access-<id>:
      Type: Projected (a volume that contains injected data from multiple sources)
      TokenExpirationSeconds: 3607
      ConfigMapName: kube-root-ca.crt
      <optional>
      DownwardAPI: true
      QoS Class: BestEffort
      Node-Selectors: <none>
      Tolerations: node.kubernetes.io/not-ready:NoExecute op=Exists for 300s
      node.kubernetes.io/unreachable:NoExecute op=Exists for 300s
      Events:
      Type Reason Age From Message
      ---- ------ ---- ---- -------
      Normal Scheduled <age> default-scheduler Successfully assigned default/web-<hash>-<id> to <worker>
      Normal Pulled <age> kubelet Container image "nginx:1.25" already present on machine
      Normal Created <age> kubelet Created container: nginx
      Normal Started <age> kubelet Started container nginx`,
  },
  {
    id: '25',
    run: 'kubectl logs deploy/web --tail=1',
    out: '<any> [notice] 1#1: start worker processes',
    err: 'Found 3 pods, using pod/web-<hash>-<id>',
  },
  {
    id: '26',
    run: "kubectl exec $(first-pod web) -- sh -c 'echo out; echo err >&2; exit 3'",
    out: 'out',
    err: `
      err
      command terminated with exit code 3`,
    code: 3,
  },
  {
    id: '27',
    run: 'echo hi | kubectl exec -i $(first-pod web) -- cat',
    out: 'hi',
  },
  {
    id: '28',
    run: 'p=$(first-pod web); kubectl cp web.yaml $p:/tmp/f1 && kubectl cp $p:/tmp/f1 f2 && cmp web.yaml f2 && echo equal',
    out: `
      tar: Removing leading \`/' from member names
      equal`,
  },
  {
    id: '29',
    run: ': >forward; kubectl port-forward --address=127.0.0.1 svc/web :80 >forward & until grep -q Forwarding forward; do sleep 0.1; done; fetch "http://127.0.0.1:$(grep -o "[0-9]* ->" forward | grep -o "[0-9]*")" | grep title; kill $!; cat forward',
    out: `
      <title>Welcome to nginx!</title>
      Forwarding from 127.0.0.1:<port> -> 80
      Handling connection for <port>`,
  },
  {
    id: '30',
    run: "printf 'one\\ntwo\\n' | kubectl run tmp -i --rm --image=busybox --restart=Never -- cat",
    out: `
      one
      two
      pod "tmp" deleted`,
    err: "If you don't see a command prompt, try pressing enter.",
  },
  {
    id: '31',
    run: "(sleep 2; echo exit) | script -qec 'kubectl debug $(first-pod web) -it --image=busybox --target=nginx' /dev/null",
    passing: /^--profile=legacy is deprecated/,
    out: `
      Targeting container "nginx". If you don't see processes from this container it may be because the container runtime doesn't support this feature.
      Defaulting debug container name to debugger-<id>.
      If you don't see a command prompt, try pressing enter.
      exit
      Session ended, the ephemeral container will not be restarted but may be reattached using 'kubectl attach web-<hash>-<id> -c debugger-<id> -i -t' if it is still running`,
  },
  {
    id: '32',
    run: 'kubectl label pod $(first-pod web) tier=fe && kubectl label pod $(first-pod web) tier-',
    out: `
      pod/web-<hash>-<id> labeled
      pod/web-<hash>-<id> unlabeled`,
  },
  {
    id: '33',
    run: 'kubectl create deployment d1 --image=nginx --replicas=2',
    out: 'deployment.apps/d1 created',
  },
  {
    id: '34',
    run: 'kubectl expose deploy d1 --port=80 --type=NodePort && kubectl get svc d1',
    out: `
      service/d1 exposed
      NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE
      d1 NodePort <ip> <none> 80:<nodeport>/TCP <age>`,
  },
  { id: '35', run: 'kubectl auth can-i create pods', out: 'yes' },
  {
    id: '35a',
    run: 'kubectl auth can-i create pods --as=nobody',
    out: 'no',
    code: 1,
  },
  {
    id: '36',
    run: "kubectl delete pod bad && kubectl apply -f agent.yaml && kubectl rollout status ds/agent && kubectl drain worker-1 --ignore-daemonsets | sed -E 's/-[a-z0-9]+-[a-z0-9]{5}\\>//' | sort -u",
    passing: /^Waiting for daemon set/,
    out: `
      pod "bad" deleted
      daemonset.apps/agent created
      daemon set "agent" successfully rolled out
      evicting pod default/d1
      evicting pod default/web
      node/worker-1 cordoned
      node/worker-1 drained
      pod/d1 evicted
      pod/web evicted`,
    err: 'Warning: ignoring DaemonSet-managed Pods: default/agent-<id>',
  },
  { id: '37', run: 'kubectl uncordon worker-1', out: 'node/worker-1 uncordoned' },
  {
    id: '38',
    run: 'kubectl apply --server-side -f web.yaml --force-conflicts',
    out: `
      deployment.apps/web serverside-applied
      service/web serverside-applied`,
  },
  {
    id: '38a',
    run: 'kubectl apply --server-side --field-manager=other -f web2.yaml',
    code: 1,
    out: 'service/web serverside-applied',
    err: `
      error: Apply failed with 2 conflicts: conflicts with "kubectl":
      - .spec.template.spec.containers[name="nginx"].image
      conflicts with "kubectl" using apps/v1:
      - .spec.template.spec.containers[name="nginx"].image
      Please review the fields above--they currently have other managers. Here
      are the ways you can resolve this warning:
      * If you intend to manage all of these fields, please re-run the apply
      command with the \`--force-conflicts\` flag.
      * If you do not intend to manage all of the fields, please edit your
      manifest to remove references to the fields that should keep their
      current managers.
      * You may co-own fields by updating your manifest to match the existing
      value; in this case, you'll become the manager if the other manager(s)
      stop managing the field (remove it from their configuration).
      See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts`,
  },
  {
    id: '39',
    run: 'kubectl get pods -o yaml >all.yaml && head -4 all.yaml && kubectl apply -f list.yaml',
    out: `
      apiVersion: v1
      items:
      - apiVersion: v1
      kind: Pod
      configmap/l1 created
      configmap/l2 created`,
  },
  {
    id: '40',
    run: 'kubectl delete -f web.yaml && kubectl delete deploy/d1 ds/agent && kubectl delete ns lab',
    out: `
      deployment.apps "web" deleted
      service "web" deleted
      deployment.apps "d1" deleted
      daemonset.apps "agent" deleted
      namespace "lab" deleted`,
  },
  {
    id: '40a',
    run: 'kubectl wait --for=delete pod --all --timeout=30s >/dev/null; kubectl get pods',
    err: 'No resources found in default namespace.',
  },
];

/** What is refused, and how. */
export const REFUSALS: readonly Line[] = [
  {
    id: 'a',
    run: 'kubectl get pod nope',
    code: 1,
    err: 'Error from server (NotFound): pods "nope" not found',
  },
  {
    id: 'b',
    run: 'kubectl get nope',
    code: 1,
    err: 'error: the server doesn\'t have a resource type "nope"',
  },
  {
    id: 'c',
    run: 'kubectl apply -f crd.yaml',
    code: 1,
    err: `
      error: resource mapping not found for name: "b" namespace: "" from "crd.yaml": no matches for kind "Bar" in version "foo.io/v1"
      ensure CRDs are installed first`,
  },
];
