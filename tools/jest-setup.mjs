// What tests need before the first of them runs.
import { ensureSchema } from './gen-schema.mjs';

/** Called once by jest. */
export default function setup() {
  ensureSchema();
}
