export { captureOf } from './capture.js';
export type { Direction, Disposition, FieldChange, Hop, Journey, Step } from './journey.js';
export { type ProbeRequest, type ProbeResult, sendProbe } from './probe.js';
export { type Loss, type PlaceNames, Recorder } from './recorder.js';
