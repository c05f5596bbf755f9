import { ok, type Result } from '../../topology/index.js';
import type { ProgramHandle, ProgramRequest, StartError } from './contract.js';

/**
 * Starts the program that a container's command names.
 *
 * Servers bind before this returns. The program ends by `request.sys.exit`.
 *
 * Failures: `not-found` when the image has no such command, as runc says it.
 */
export function startProgram(request: ProgramRequest): Result<ProgramHandle, StartError> {
  void request;
  return ok({
    exec: () => {
      throw new Error('not yet');
    },
  });
}
