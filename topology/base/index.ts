export {
  MICROSECOND,
  MILLISECOND,
  SECOND,
  SimClock,
  type Timer,
  type WheelTimer,
} from './clock.js';
export { InvariantError, invariant } from './invariant.js';
export { fail, ok, type Result } from './result.js';
export { hash32, Rng } from './rng.js';
export { JIFFY_NS } from './timer-wheel.js';
