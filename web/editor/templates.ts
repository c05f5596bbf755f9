/** A text to start from. */
export interface Template {
  readonly name: string;
  readonly text: string;
}

const POD = `apiVersion: v1
kind: Pod
metadata:
  name: hello
  labels:
    app: hello
spec:
  containers:
    - name: web
      image: nginx:1.27
      ports:
        - containerPort: 80
`;

const service = (name: string, port: number) => `apiVersion: v1
kind: Service
metadata:
  name: ${name}
spec:
  selector:
    app: ${name}
  ports:
    - port: ${port}
`;

/** What people begin with; the first one is what the editor opens with. */
export const TEMPLATES: readonly Template[] = [
  { name: 'Pod and Service', text: `${POD}---\n${service('hello', 80)}` },
  {
    name: 'Deployment and Service',
    text: `apiVersion: apps/v1
kind: Deployment
metadata:
  name: front
spec:
  replicas: 3
  selector:
    matchLabels:
      app: front
  template:
    metadata:
      labels:
        app: front
    spec:
      containers:
        - name: web
          image: nginx:1.27
          ports:
            - containerPort: 80
          readinessProbe:
            httpGet:
              path: /
              port: 80
---
${service('front', 80)}`,
  },
  {
    name: 'NetworkPolicy',
    text: `# Pods with app=hello take TCP 80 from pods with role=visitor, and nothing else.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: hello-from-visitors
spec:
  podSelector:
    matchLabels:
      app: hello
  policyTypes:
    - Ingress
  ingress:
    - from:
        - podSelector:
            matchLabels:
              role: visitor
      ports:
        - protocol: TCP
          port: 80
`,
  },
  {
    name: 'Port conflict in a pod',
    text: `# Both containers bind port 80 of the network namespace that they share: the second one fails.
apiVersion: v1
kind: Pod
metadata:
  name: port-conflict
spec:
  containers:
    - name: first
      image: nginx:1.27
    - name: second
      image: nginx:1.27
`,
  },
  {
    name: 'Sidecar and message queue',
    text: `# Containers of a pod share its IPC namespace: both see the same POSIX message queue.
apiVersion: v1
kind: Pod
metadata:
  name: queue
spec:
  initContainers:
    - name: helper
      image: busybox:1.36
      restartPolicy: Always
      command: ["sleep", "infinity"]
  containers:
    - name: main
      image: busybox:1.36
      command: ["sleep", "infinity"]
`,
  },
  {
    name: 'Trace',
    text: `apiVersion: podnet.dev/v1
kind: Trace
metadata:
  name: visitor-to-web
spec:
  from: shop/visitor
  to: svc/shop/web
  protocol: tcp
  port: 80
`,
  },
  {
    name: 'Fault',
    text: `# Broken for as long as this object is there; deleting it heals.
apiVersion: podnet.dev/v1
kind: Fault
metadata:
  name: slow-visitor
spec:
  type: LinkDown
  pod: shop/visitor
`,
  },
  {
    name: 'CronJob',
    text: `apiVersion: batch/v1
kind: CronJob
metadata:
  name: every-minute
spec:
  schedule: "* * * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: tick
              image: busybox:1.36
              command: ["echo", "tick"]
`,
  },
  {
    name: 'StatefulSet, headless Service',
    text: `apiVersion: v1
kind: Service
metadata:
  name: peers
spec:
  clusterIP: None
  selector:
    app: peers
  ports:
    - port: 80
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: peers
spec:
  serviceName: peers
  replicas: 2
  selector:
    matchLabels:
      app: peers
  template:
    metadata:
      labels:
        app: peers
    spec:
      containers:
        - name: web
          image: nginx:1.27
          ports:
            - containerPort: 80
`,
  },
];
