/** What people type besides the acceptance lines, in order; `manifests/` holds the files they name. */

import type { Line } from './line.js';

/** Lines of changing, rolling out, selecting and refusing. */
export const EVERYDAY: readonly Line[] = [
  {
    id: 'prune',
    run: 'kubectl apply -f two.yaml && kubectl apply -f one.yaml --prune -l app=prune --prune-allowlist=core/v1/ConfigMap',
    out: `
      configmap/p1 created
      configmap/p2 created
      configmap/p1 unchanged
      configmap/p2 pruned`,
  },
  {
    id: 'kustomize',
    run: 'mkdir -p kust && cp web.yaml kust/ && echo "{resources: [web.yaml], namePrefix: k-}" >kust/kustomization.yaml && kubectl apply -k kust && kubectl delete -k kust',
    out: `
      service/k-web created
      deployment.apps/k-web created
      service "k-web" deleted
      deployment.apps "k-web" deleted`,
  },
  {
    id: 'edit',
    run: `kubectl apply -f web.yaml && EDITOR='sed -i s/nginx:1.25/nginx:1.26/' kubectl edit deploy/web && EDITOR=true kubectl edit deploy/web`,
    out: `
      deployment.apps/web created
      service/web created
      deployment.apps/web edited`,
    err: 'Edit cancelled, no changes made.',
  },
  {
    id: 'patches',
    run: `kubectl patch deploy web -p '{"spec":{"replicas":3}}' && kubectl patch deploy web --type=merge -p '{"spec":{"replicas":2}}' && kubectl patch deploy web --type=json -p '[{"op":"test","path":"/spec/replicas","value":2}]' && kubectl patch deploy web --subresource=scale --type=merge -p '{"spec":{"replicas":1}}'`,
    out: `
      deployment.apps/web patched
      deployment.apps/web patched
      deployment.apps/web patched (no change)
      scale.autoscaling/web patched`,
  },
  {
    id: 'scale',
    run: 'kubectl get deploy web --subresource=scale',
    out: `
      NAME DESIRED AVAILABLE AGE
      web 1 <number> <age>`,
  },
  {
    id: 'immutable',
    run: `kubectl patch deploy web -p '{"spec":{"selector":{"matchLabels":{"a":"b"}}}}'`,
    code: 1,
    err: `
      The Deployment "web" is invalid:
      * spec.template.metadata.labels: Invalid value: map[string]string{"app":"web"}: \`selector\` does not match template \`labels\`
      * spec.selector: Invalid value: v1.LabelSelector{MatchLabels:map[string]string{"a":"b", "app":"web"}, MatchExpressions:[]v1.LabelSelectorRequirement(nil)}: field is immutable`,
  },
  {
    id: 'set',
    run: 'kubectl set env deploy/web A=b && kubectl set env deploy/web --list && kubectl set resources deploy web --limits=cpu=200m && kubectl set serviceaccount deploy web default && kubectl set selector svc web app=web',
    out: `
      deployment.apps/web env updated
      # Deployment web, container nginx
      A=b
      deployment.apps/web resource requirements updated
      deployment.apps/web serviceaccount updated
      service/web selector updated`,
  },
  {
    id: 'pause',
    run: 'kubectl rollout pause deploy/web && kubectl rollout undo deploy/web',
    code: 1,
    out: 'deployment.apps/web paused',
    err: "error: you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again",
  },
  {
    id: 'resume',
    run: 'kubectl rollout resume deploy/web && kubectl rollout restart deploy/web && kubectl rollout status deploy/web && kubectl rollout undo deploy/web --to-revision=1 && kubectl rollout status deploy/web && kubectl rollout undo deploy/web --to-revision=99',
    passing: /^Waiting for deployment/,
    code: 1,
    out: `
      deployment.apps/web resumed
      deployment.apps/web restarted
      deployment "web" successfully rolled out
      deployment.apps/web rolled back
      deployment "web" successfully rolled out`,
    err: 'error: unable to find specified revision 99 in history',
  },
  {
    id: 'replace',
    run: 'kubectl replace -f web.yaml && kubectl replace --force -f web.yaml && kubectl create -f web.yaml',
    code: 1,
    out: `
      deployment.apps/web replaced
      service/web replaced
      deployment.apps "web" deleted
      service "web" deleted
      deployment.apps/web replaced
      service/web replaced`,
    err: `
      Error from server (AlreadyExists): error when creating "web.yaml": deployments.apps "web" already exists
      Error from server (AlreadyExists): error when creating "web.yaml": services "web" already exists`,
  },
  {
    id: 'wait',
    run: 'kubectl rollout status deploy/web && kubectl delete pods --all --now | wc -l && kubectl rollout status deploy/web && kubectl wait --for=create cm/p1 --timeout=3s && kubectl wait --for=delete cm/p2 --timeout=3s && kubectl wait pod -l app=web --for=jsonpath="{.status.phase}"=Running',
    passing: /^(Waiting|deployment "web" successfully|[2-9]$)/,
    out: `
      configmap/p1 condition met
      pod/web-<hash>-<id> condition met
      pod/web-<hash>-<id> condition met`,
  },
  {
    id: 'selectors',
    run: "kubectl get pods -l 'app in (web'; kubectl get pods --field-selector=spec.nope=x",
    code: 1,
    err: `
      Error from server (BadRequest): Unable to find "/v1, Resource=pods" that match label selector "app in (web", field selector "": unable to parse requirement: found '', expected: ',' or ')'
      Error from server (BadRequest): Unable to find "/v1, Resource=pods" that match label selector "", field selector "spec.nope=x": field label not supported: spec.nope`,
  },
  {
    id: 'nodes',
    run: 'kubectl taint node worker-1 k=v:NoSchedule && kubectl taint node worker-1 k- && kubectl cordon worker-1 && kubectl cordon worker-1 && kubectl get node worker-1 && kubectl uncordon worker-1',
    out: `
      node/worker-1 tainted
      node/worker-1 untainted
      node/worker-1 cordoned
      node/worker-1 already cordoned
      NAME STATUS ROLES AGE VERSION
      worker-1 Ready,SchedulingDisabled <none> <age> v1.33.1
      node/worker-1 uncordoned`,
  },
  {
    id: 'cascade',
    run: 'kubectl delete deploy web --cascade=orphan && kubectl get rs --no-headers && kubectl delete rs -l app=web --cascade=foreground',
    out: `
      deployment.apps "web" deleted
      web-<hash> 2 2 2 <age>
      replicaset.apps "web-<hash>" deleted`,
  },
  {
    id: 'classes',
    run: 'kubectl create priorityclass high --value=1000 && kubectl get priorityclass high && kubectl describe priorityclass high',
    out: `
      priorityclass.scheduling.k8s.io/high created
      NAME VALUE GLOBAL-DEFAULT AGE PREEMPTIONPOLICY
      high 1000 false <age> PreemptLowerPriority
      Name: high
      Value: 1000
      GlobalDefault: false
      PreemptionPolicy: PreemptLowerPriority
      Description:
      Annotations: <none>
      Events: <none>`,
  },
  {
    id: 'deprecated',
    run: 'kubectl get endpoints kubernetes',
    out: `
      NAME ENDPOINTS AGE
      kubernetes 192.168.50.10:6443 <age>`,
    err: 'Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  },
  {
    id: 'namespaces',
    run: 'kubectl create ns default; kubectl delete ns default',
    code: 1,
    err: `
      Error from server (AlreadyExists): namespaces "default" already exists
      Error from server (Forbidden): namespaces "default" is forbidden: this namespace may not be deleted`,
  },
];
