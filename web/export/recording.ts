import type { ClusterFacts, Edge, Vertex } from '../../server/contract/graph.js';
import type { Journey, JourneyPackets, StepPackets } from '../../server/contract/journey.js';
import type { Point } from '../model/geometry.js';
import type { PlaybackFilter } from '../model/playback.js';

/** A trace that was saved with everything that is needed to play it: what the self-contained file carries. */
export interface Recording {
  /** Another number is a form that this page does not know. */
  readonly format: 1;
  readonly title: string;
  /** What its author wrote about it; empty lines part paragraphs. */
  readonly description: string;
  /** Simulated time of saving, RFC 3339. */
  readonly recordedAt: string;
  readonly cluster: ClusterFacts | undefined;
  readonly vertices: readonly Vertex[];
  readonly edges: readonly Edge[];
  /** Layers of the drawing that were on, as `layersText` writes them. */
  readonly layers: string;
  /** Where machines were put by hand. */
  readonly pins: readonly (readonly [id: string, at: Point])[];
  /** Which place in its node each pod has. */
  readonly slots: readonly (readonly [id: string, group: string, index: number])[];
  readonly journey: Journey;
  readonly packets: JourneyPackets;
  /** pcapng in base64; empty when it was left out. */
  readonly capture: string;
  /** How the player stands at first. */
  readonly player: {
    readonly filter: PlaybackFilter;
    readonly hop: number;
    readonly step: number;
    readonly octets: boolean;
  };
}

/** Id of the element that holds the recording. */
export const RECORDING_ID = 'recording';

/**
 * A recording as JSON that may stand in a script element of HTML: nothing in it ends the element, begins a comment or
 * is a line end to JavaScript alone.
 */
export function embeddedJson(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('>', '\\u003e')
    .replaceAll('&', '\\u0026')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
}

/** The file: a template (tools/build-recording.mjs) with a recording in it; undefined when the text is no such template. */
export function htmlOf(template: string, recording: Recording): string | undefined {
  const [head, middle, end] = template.split(/<!--podnet-(?:title|recording)-->/);
  if (head === undefined || middle === undefined || end === undefined) return undefined;
  return [head, escaped(recording.title), middle, embeddedJson(recording), end].join('');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Reads the recording of a file; undefined when there is none that this page can play. */
export function recordingIn(text: string | null | undefined): Recording | undefined {
  try {
    const value: unknown = JSON.parse(text ?? 'null');
    return isRecording(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecording(value: unknown): value is Recording {
  return typeof value === 'object' && value !== null && 'format' in value && value.format === 1;
}

/** The packet before and after a step of a recording; undefined when it was not kept. */
export function stepPacketsIn(
  { layers, pictures, steps }: JourneyPackets,
  at: { readonly hop: number; readonly step: number },
): StepPackets | undefined {
  const pair = steps[at.hop - 1]?.[at.step];
  if (pair === undefined) return undefined;
  const pictureAt = (index: number) => {
    const packed = pictures[index];
    return packed === undefined
      ? undefined
      : { ...packed, layers: packed.layers.flatMap((layer) => layers[layer] ?? []) };
  };
  const before = pictureAt(pair[0]);
  const after = pictureAt(pair[1]);
  if (after === undefined) return undefined;
  return before === undefined ? { after } : { before, after };
}
