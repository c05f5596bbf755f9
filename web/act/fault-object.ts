import type { Edge } from '../../server/contract/graph.js';

/** What is to be broken. */
export type FaultTarget =
  | { readonly kind: 'cable'; readonly edge: Edge }
  | { readonly kind: 'pod'; readonly pod: string }
  | { readonly kind: 'node'; readonly node: string };

/** Types of Fault that the form offers. */
export type FormFault = 'LinkDown' | 'Delay' | 'Loss' | 'WrongMTU' | 'IPForwardOff';

/** Which of them fit what. */
export const TYPES_OF: Readonly<Record<FaultTarget['kind'], readonly [FormFault, ...FormFault[]]>> =
  {
    cable: ['Delay', 'Loss'],
    pod: ['LinkDown', 'WrongMTU'],
    node: ['IPForwardOff', 'WrongMTU', 'LinkDown'],
  };

/** A Fault as an object of podnet.dev/v1; what was typed is checked by the server. */
export function faultObject(target: FaultTarget, type: FormFault, value: string) {
  const number = value.trim() === '' || Number.isNaN(Number(value)) ? value : Number(value);
  return {
    apiVersion: 'podnet.dev/v1',
    kind: 'Fault',
    metadata: { name: nameFor(target, type) },
    spec: {
      type,
      ...placeOf(target),
      ...(type === 'Delay' ? { delay: value.trim() } : {}),
      ...(type === 'Loss' ? { lossPercent: number } : {}),
      ...(type === 'WrongMTU' ? { mtu: number } : {}),
    },
  };
}

function placeOf(target: FaultTarget) {
  switch (target.kind) {
    case 'cable':
      return { cable: `${target.edge.from.replace(/^\w+:/, '')}:${target.edge.fromDevice}` };
    case 'pod':
      return { pod: target.pod };
    case 'node':
      return { node: target.node };
  }
}

function nameFor(target: FaultTarget, type: FormFault): string {
  const place = Object.values(placeOf(target)).join('');
  return `${type}-${place}`
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '.')
    .slice(0, 200);
}
