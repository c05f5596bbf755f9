import type { Command } from 'commander';
import type { PortsReport } from '../../contract/reports.js';
import { CommandFailure, EXIT } from '../exit.js';
import { openSession } from '../open-session.js';
import { addQuestionOptions, type QuestionOptions } from '../options.js';
import { renderTable } from '../render/table.js';

/** `podnet ports POD`: who holds which port, and who wanted one that was taken. */
export function addPortsCommand(program: Command, done: (exitCode: number) => void): void {
  const command = program
    .command('ports')
    .description('show who holds which port of a pod: declared, bound, published, and conflicts')
    .argument('<pod>', 'pod, pod/name, namespace/pod or deploy/name')
    .addHelpText('after', '\nExit codes: 0 no conflict, 1 a port was wanted twice, 2 bad input.');
  addQuestionOptions(command).action(async (pod: string, options: QuestionOptions) => {
    const session = await openSession(options);
    try {
      const reply = await session.ports(pod, options.namespace);
      if (!reply.ok) throw new CommandFailure(reply.error);
      const report = reply.value;
      process.stdout.write(
        options.json === true ? `${JSON.stringify(report, undefined, 2)}\n` : renderPorts(report),
      );
      done(report.conflicts.length === 0 ? EXIT.ok : EXIT.negative);
    } finally {
      await session.close();
    }
  });
}

function renderPorts(report: PortsReport): string {
  const parts = [`pod ${report.pod} on ${report.node || 'no node'}, ${report.ip || 'no IP'}\n`];
  if (report.rows.length === 0) parts.push('no port is declared or bound\n');
  else {
    parts.push(
      renderTable(
        ['port', 'declared by', 'bound by', 'published as'],
        report.rows.map((row) => [
          `${row.port}/${row.protocol}`,
          row.declaredBy.join(', ') || '-',
          row.boundBy || '-',
          row.published.join(', ') || '-',
        ]),
      ),
    );
  }
  for (const c of report.conflicts) {
    parts.push(
      `\nCONFLICT ${c.port}/${c.protocol}: container ${c.container} wanted ${c.address}:${c.port} and got ${c.errno}; it is held by ${c.holder}\n`,
    );
  }
  for (const note of report.notes) parts.push(`\nnote: ${note}\n`);
  return parts.join('');
}
