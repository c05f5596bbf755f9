export { captureOf } from './capture.js';
export type { Direction, Disposition, FieldChange, Hop, Journey, Step } from './journey.js';
export { type ProbeRequest, type ProbeResult, sendProbe } from './probe.js';
export { type Loss, type PlaceNames, Recorder } from './recorder.js';
export { TRAFFIC_KINDS, type TrafficKind, type TrafficTone } from './traffic-kind.js';
export {
  type LaneInit,
  type MeterCrossing,
  type MeterDrop,
  type MeterLane,
  type MeterReading,
  TrafficMeter,
} from './traffic-meter.js';
