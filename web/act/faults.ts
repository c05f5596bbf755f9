import { useEffect, useState } from 'react';
import { clusterBase } from '../state/cluster-base.js';

/** A fault in force. */
export interface ActiveFault {
  readonly name: string;
  readonly type: string;
  readonly phase: string;
  readonly target: string;
  readonly commands: readonly string[];
}

interface FaultList {
  readonly items?: readonly {
    readonly metadata: { readonly name: string };
    readonly spec?: { readonly type?: string };
    readonly status?: {
      readonly phase?: string;
      readonly target?: string;
      readonly commands?: readonly string[];
      readonly conditions?: readonly { readonly message?: string }[];
    };
  }[];
}

/** How often the list is read, in milliseconds. */
const EVERY_MS = 1500;

/** The faults of the cluster, kept up to date; undefined while they are not known. */
export function useFaults(): readonly ActiveFault[] | undefined {
  const [faults, setFaults] = useState<readonly ActiveFault[]>();
  useEffect(() => {
    let isOpen = true;
    const load = async () => {
      const found = await listFaults();
      if (isOpen) setFaults(found);
    };
    load();
    const timer = setInterval(load, EVERY_MS);
    return () => {
      isOpen = false;
      clearInterval(timer);
    };
  }, []);
  return faults;
}

async function listFaults(): Promise<readonly ActiveFault[] | undefined> {
  try {
    const base = clusterBase(location.pathname);
    const response = await fetch(`${base}/apis/podnet.dev/v1/faults?limit=200`);
    if (!response.ok) return undefined;
    const { items = [] } = (await response.json()) as FaultList;
    return items.map(({ metadata, spec, status }) => ({
      name: metadata.name,
      type: spec?.type ?? '',
      phase: status?.phase ?? 'Pending',
      target: status?.target ?? status?.conditions?.[0]?.message ?? '',
      commands: status?.commands ?? [],
    }));
  } catch {
    return undefined;
  }
}
