/** The parts of an OCI runtime configuration (runtime-spec 1.2, config.json) that podnet fills. */
export interface OciConfig {
  readonly ociVersion: string;
  readonly process: {
    readonly terminal: boolean;
    readonly user: { readonly uid: number; readonly gid: number };
    readonly args: readonly string[];
    readonly env: readonly string[];
    readonly cwd: string;
    readonly capabilities: { readonly bounding: readonly string[] };
    readonly noNewPrivileges: boolean;
  };
  readonly root: { readonly path: string; readonly readonly: boolean };
  readonly hostname?: string;
  readonly mounts: readonly {
    readonly destination: string;
    readonly type: string;
    readonly source: string;
    readonly options: readonly string[];
  }[];
  readonly annotations: Readonly<Record<string, string>>;
  readonly linux: {
    readonly cgroupsPath: string;
    /** A namespace without a path is made for the container; one with a path is joined. */
    readonly namespaces: readonly { readonly type: string; readonly path?: string }[];
    readonly sysctl?: Readonly<Record<string, string>>;
    readonly resources: Readonly<Record<string, unknown>>;
  };
}
