#!/usr/bin/env node
import { runProgram } from './program.js';

const exitCode = await runProgram(process.argv.slice(2));
if (exitCode !== undefined) {
  // Answers may still be on their way into a pipe.
  process.exitCode = exitCode;
}
