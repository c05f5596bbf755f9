/** The release of Kubernetes whose behaviour is emulated: what `/version` says, and what every node runs. */
export const KUBERNETES_VERSION = 'v1.33.1';

/** Major and minor number of {@link KUBERNETES_VERSION}, as `/version` and user agents write them. */
export const KUBERNETES_MINOR = { major: '1', minor: '33' } as const;
