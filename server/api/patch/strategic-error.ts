/** Strategic merge patches that make no sense. Source: apimachinery, `util/mergepatch/errors.go`. */

/** Why a patch is refused: 400 for a patch that no object could take, 422 for one that contradicts itself. */
export class StrategicPatchError extends Error {
  readonly code: 400 | 422;

  constructor(message: string, code: 400 | 422 = 400) {
    super(message);
    this.code = code;
  }
}
