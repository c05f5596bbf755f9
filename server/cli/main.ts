#!/usr/bin/env node
import { runProgram } from './program.js';

// A reader that has seen enough, such as head(1), closes the pipe: no reason to complain.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}

const exitCode = await runProgram(process.argv.slice(2));
if (exitCode !== undefined) {
  // Answers may still be on their way into a pipe.
  process.exitCode = exitCode;
}
