/** A small application that tests of a cluster share: a Deployment, its Service, a headless StatefulSet, a client. */
export const SHOP = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - { name: nginx, image: "nginx:1.27", ports: [{ containerPort: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: shop }
spec:
  type: NodePort
  selector: { app: web }
  ports: [{ port: 8080, targetPort: 80, nodePort: 30080 }]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db }
spec:
  replicas: 1
  serviceName: db
  selector: { matchLabels: { app: db } }
  template:
    metadata: { labels: { app: db } }
    spec:
      containers: [{ name: redis, image: "redis:7", ports: [{ containerPort: 6379 }] }]
---
apiVersion: v1
kind: Service
metadata: { name: db }
spec: { clusterIP: None, selector: { app: db }, ports: [{ port: 6379 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: client }
spec:
  containers: [{ name: shell, image: "busybox:1.36", command: [sleep, "100000"] }]
`;
