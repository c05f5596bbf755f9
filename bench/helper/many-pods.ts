/** Replicas of one Deployment. */
const REPLICAS = 100;

/** A manifest of so many pods: Deployments of a hundred each. */
export function manyPods(count: number): string {
  return Array.from({ length: Math.ceil(count / REPLICAS) }, (_, index) => {
    const app = `{app: load-${index}}`;
    return [
      'apiVersion: apps/v1',
      'kind: Deployment',
      `metadata: {name: load-${index}}`,
      'spec:',
      `  replicas: ${Math.min(REPLICAS, count - index * REPLICAS)}`,
      `  selector: {matchLabels: ${app}}`,
      '  template:',
      `    metadata: {labels: ${app}}`,
      '    spec: {containers: [{name: web, image: "nginx:1.27", ports: [{containerPort: 80}]}]}',
    ].join('\n');
  }).join('\n---\n');
}
