import type { Command } from 'commander';
import { CommandFailure, EXIT } from '../exit.js';
import { openSession } from '../open-session.js';
import { addQuestionOptions, type QuestionOptions } from '../options.js';

/** `podnet commands POD`: how to build the pod's network by hand. */
export function addCommandsCommand(program: Command, done: (exitCode: number) => void): void {
  const command = program
    .command('commands')
    .description('print the ip, bridge, sysctl and iptables commands that built a pod')
    .argument('<pod>', 'pod, pod/name, namespace/pod or deploy/name');
  addQuestionOptions(command).action(async (pod: string, options: QuestionOptions) => {
    const session = await openSession(options);
    try {
      const reply = await session.commands(pod, options.namespace);
      if (!reply.ok) throw new CommandFailure(reply.error);
      const { value } = reply;
      if (options.json === true) process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
      else process.stdout.write(`# pod ${value.pod} on ${value.node}\n${value.lines.join('\n')}\n`);
      done(EXIT.ok);
    } finally {
      await session.close();
    }
  });
}
