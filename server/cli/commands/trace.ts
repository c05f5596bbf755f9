import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { TraceRequest } from '../../contract/live.js';
import type { SuggestRequest } from '../../contract/what-if.js';
import { CommandFailure, EXIT } from '../exit.js';
import { openSession } from '../open-session.js';
import { addQuestionOptions, portNumber, type QuestionOptions, wholeNumber } from '../options.js';
import { renderJourney, renderTree } from '../render/journey.js';
import { paperOf } from '../render/paint.js';
import { renderSuggestions } from '../render/suggestions.js';
import type { Session } from '../session.js';

interface TraceOptions extends QuestionOptions {
  readonly protocol: string;
  readonly port?: number;
  readonly ttl?: number;
  readonly size?: number;
  readonly dontFragment?: boolean;
  readonly tree?: boolean;
  readonly verbose?: boolean;
  readonly pcap?: string;
  readonly suggest?: boolean;
}

/** `podnet trace FROM TO`: sends one packet, or opens one connection, and prints its way. */
export function addTraceCommand(program: Command, done: (exitCode: number) => void): void {
  const command = program
    .command('trace')
    .description('send a packet from one end to another and print every hop with its reasons')
    .argument(
      '<from>',
      'pod, pod/name, namespace/pod, deploy/name, node/name, outside, or a pod IP',
    )
    .argument('<to>', 'the same, or a Service, DNS name or IP; a port follows after a colon')
    .option('-p, --protocol <name>', 'tcp, udp or icmp', 'tcp')
    .option('--port <number>', 'destination port, as in to:port', portNumber)
    .option('--ttl <number>', 'time to live of the first packet', wholeNumber)
    .option('--size <bytes>', 'payload in octets', wholeNumber)
    .option('--dont-fragment', 'set DF and fail rather than fragment')
    .option('--tree', 'print hops by packet, without their steps')
    .option('-v, --verbose', 'print rules with their comments, and what repeats')
    .option('--pcap <file>', 'write a pcapng capture of every device passed')
    .option('--suggest', 'if it fails, try on copies of the cluster what would make it arrive')
    .addHelpText(
      'after',
      `
Exit codes: 0 delivered, 1 not delivered, 2 bad input.
Examples:
  podnet trace -f app.yaml web-0 api:8080
  podnet trace -f app.yaml outside node/worker-1:30080 --tree
  podnet trace --server http://127.0.0.1:8080 default/web-0 kube-dns.kube-system.svc.cluster.local:53 -p udp`,
    );
  addQuestionOptions(command).action(async (from: string, to: string, options: TraceOptions) => {
    done(await runTrace(from, to, options));
  });
}

async function runTrace(from: string, to: string, options: TraceOptions): Promise<number> {
  const session = await openSession(options);
  try {
    const request = requestOf(from, to, options);
    const reply = await session.trace(request);
    if (!reply.ok) {
      if (options.suggest === true) await printSuggestions(session, { trace: request }, options);
      throw new CommandFailure(reply.error);
    }
    const { journey, capture } = reply.value;
    if (options.pcap !== undefined) writeCapture(options.pcap, capture);
    if (options.json === true) process.stdout.write(`${JSON.stringify(journey, undefined, 2)}\n`);
    else {
      const style = { ...paperOf(process.stdout, process.env), verbose: options.verbose === true };
      process.stdout.write((options.tree === true ? renderTree : renderJourney)(journey, style));
    }
    if (journey.disposition === 'delivered') return EXIT.ok;
    if (options.suggest === true)
      await printSuggestions(session, { trace: request, journey: journey.id }, options);
    return EXIT.negative;
  } finally {
    await session.close();
  }
}

function requestOf(from: string, to: string, options: TraceOptions): TraceRequest {
  const { protocol, namespace, port, ttl, size } = options;
  if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'icmp') {
    throw new CommandFailure(`--protocol must be tcp, udp or icmp, not '${protocol}'`);
  }
  return {
    from,
    to,
    protocol,
    namespace,
    ...(port === undefined ? {} : { port }),
    ...(ttl === undefined ? {} : { ttl }),
    ...(size === undefined ? {} : { size }),
    ...(options.dontFragment === true ? { dontFragment: true } : {}),
  };
}

/** With `--json` as a second document. */
async function printSuggestions(
  session: Session,
  about: Omit<SuggestRequest, 'run'>,
  options: TraceOptions,
): Promise<void> {
  const reply = await session.suggest({ ...about, run: `cli-${process.pid}-${Date.now()}` });
  if (!reply.ok) throw new CommandFailure(reply.error);
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify(reply.value, undefined, 2)}\n`
      : renderSuggestions(reply.value, paperOf(process.stdout, process.env)),
  );
}

function writeCapture(file: string, capture: string): void {
  try {
    writeFileSync(file, Buffer.from(capture, 'base64'));
  } catch (error) {
    throw new CommandFailure(
      `cannot write ${file}: ${error instanceof Error ? error.message : error}`,
    );
  }
}
