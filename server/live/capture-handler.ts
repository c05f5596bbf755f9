import type { Request, Response } from 'express';
import { failureStatus, methodNotAllowed, notFound } from '../api/status.js';
import type { KubeObject, Trace } from '../contract/kube.js';

const TRACES = { group: 'podnet.dev', plural: 'traces', kind: 'Trace' };
/** The registered name is vnd.tcpdump.pcap; tools take it for pcapng too. */
const PCAPNG = 'application/vnd.tcpdump.pcap';

/** Serves `GET traces/NAME/pcap`: every packet of a Trace, as pcapng. */
export function createCaptureHandler(captureOf: (trace: Trace) => Uint8Array | undefined) {
  return (
    request: Request,
    response: Response,
    { object }: { readonly object: KubeObject },
  ): void => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      const refusal = methodNotAllowed(TRACES);
      response.status(405).json(refusal);
      return;
    }
    const trace = object as Trace;
    const capture = captureOf(trace);
    if (capture !== undefined) {
      response.type(PCAPNG).send(Buffer.from(capture));
      return;
    }
    const { name } = trace.metadata;
    const finished = trace.status?.phase === 'Complete';
    const refusal = finished
      ? failureStatus({
          code: 410,
          reason: 'Gone',
          message: `the capture of traces.podnet.dev "${name}" is no longer kept: the newest 100 are, until podnet stops`,
        })
      : notFound({ ...TRACES, plural: 'traces/pcap' }, name);
    response.status(refusal.code ?? 404).json(refusal);
  };
}
