// Layers point one way (docs/adr/0001-layers.md). Each folder may import itself and what is listed.
const forbid = (name, from, to) => ({ name, severity: 'error', from, to });
const layered = (root, layers) =>
  Object.entries(layers).map(([name, below]) =>
    forbid(
      `${root}/${name} imports only what stands below it`,
      { path: `^${root}/${name}/` },
      { path: `^${root}/`, pathNot: `^${root}/(${[name, ...below].join('|')})/` },
    ),
  );

const upToKernel = ['base', 'addr', 'wire', 'kernel'];
const upToNetwork = [...upToKernel, 'ipam', 'cni', 'proxy', 'policy'];

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    forbid('no cycles', {}, { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } }),
    ...layered('topology', {
      base: [],
      addr: ['base'],
      wire: ['base', 'addr'],
      kernel: ['base', 'addr', 'wire'],
      ipam: upToKernel,
      cni: [...upToKernel, 'ipam'],
      proxy: upToKernel,
      policy: upToKernel,
      fabric: upToNetwork,
      trace: [...upToNetwork, 'fabric'],
    }),
    forbid(
      'topology imports only itself',
      { path: '^topology/' },
      { path: '^(server|web|test|bench)/' },
    ),
    forbid(
      'address libraries stay in topology/addr',
      { path: '^topology/', pathNot: '^topology/addr/' },
      { path: 'node_modules' },
    ),
    forbid('topology uses nothing of Node', { path: '^topology/' }, { dependencyTypes: ['core'] }),
    forbid(
      'server reaches topology by its index alone',
      { path: '^server/' },
      { path: '^topology/', pathNot: '^topology/index\\.ts$' },
    ),
    forbid(
      'contract imports nothing',
      { path: '^server/contract/' },
      { pathNot: '^server/contract/' },
    ),
    forbid(
      'web sees server/contract alone',
      { path: '^web/' },
      { path: '^(server|topology)/', pathNot: '^server/contract/' },
    ),
    forbid('server does not import web', { path: '^server/' }, { path: '^web/' }),
    forbid(
      'nothing shipped imports tests',
      { path: '^(topology|server|web)/' },
      { path: '^(test|bench)/' },
    ),
    forbid(
      'express, socket.io and ws stay at the edge',
      { path: '^server/', pathNot: '^server/(api/http|live|stream|host|main)' },
      { path: 'node_modules/(express|socket\\.io|ws)/' },
    ),
    ...layered('server', {
      contract: [],
      kube: ['contract'],
      store: ['contract', 'kube'],
      registry: ['contract'],
      program: ['contract', 'registry'],
      api: ['contract', 'kube', 'store'],
      control: ['contract', 'kube', 'store', 'api'],
      auth: ['contract', 'kube', 'store', 'api', 'control'],
      kubelet: ['contract', 'kube', 'store', 'api', 'registry', 'program'],
      live: ['contract', 'kube', 'store', 'api'],
      stream: ['contract', 'kube', 'store', 'api'],
    }).map((rule) => ({
      ...rule,
      to: {
        ...rule.to,
        path: '^server/(contract|kube|store|registry|program|api|control|kubelet|auth|live|stream|host|cli|cluster)/',
      },
    })),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    enhancedResolveOptions: { extensions: ['.ts', '.tsx', '.js'] },
  },
};
