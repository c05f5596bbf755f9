import { KUBERNETES_MINOR, KUBERNETES_VERSION } from '../../kube/version.js';

/**
 * The answer of `/version` (upstream: `apimachinery/pkg/version`, `Info`); kubectl reports it and warns of skew by it.
 * podnet is not built by Go: commit and Go version are empty, and the compiler is `podnet`.
 */
export function versionInfo(): object {
  const { major, minor } = KUBERNETES_MINOR;
  return {
    major,
    minor,
    emulationMajor: major,
    emulationMinor: minor,
    minCompatibilityMajor: major,
    minCompatibilityMinor: String(Number(minor) - 1),
    gitVersion: KUBERNETES_VERSION,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '2025-05-15T08:19:08Z',
    goVersion: '',
    compiler: 'podnet',
    platform: 'linux/amd64',
  };
}
