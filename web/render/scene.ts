import type { Edge, Vertex } from '../../server/contract/graph.js';
import type { PodInside } from '../../server/contract/inside.js';
import type { Flight } from '../model/flight.js';
import type { Foretold } from '../model/foretold.js';
import type { Point } from '../model/geometry.js';
import type { LayerSet } from '../model/layers.js';
import type { Layout } from '../model/layout.js';
import type { Overlay } from '../model/overlay.js';
import type { Tracks } from '../model/tracks.js';

/** What the drawing shows at one moment. */
export interface Scene {
  readonly vertices: ReadonlyMap<string, Vertex>;
  readonly edges: ReadonlyMap<string, Edge>;
  readonly layout: Layout;
  readonly tracks: Tracks;
  readonly layers: LayerSet;
  /** What the layers add. */
  readonly overlay: Overlay;
  readonly selected: string | undefined;
  /** Ids that belong to what is selected, such as the pods behind a Service. */
  readonly related: ReadonlySet<string>;
  /** Ids that do not match what is looked for. */
  readonly dimmed: ReadonlySet<string>;
  readonly flight: Flight | undefined;
  /** What is inside the pods that are looked into, by vertex id. */
  readonly inside: ReadonlyMap<string, PodInside>;
  /** How long a packet takes from one step to the next, in milliseconds. */
  readonly stepMs: number;
  /** A person is choosing the ends of a probe. */
  readonly picking: boolean;
  /** What a dry run would do. */
  readonly foretold: Foretold;
  /** Nothing is dragged. */
  readonly locked: boolean;
}

/** What a person does to the drawing. */
export interface SceneEvents {
  /** A click or key on something; undefined on empty space. */
  select(id: string | undefined): void;
  pin(id: string, at: Point): void;
  /** The drawing is near enough to look into these pods; none when it is not. */
  lookInto(ids: readonly string[]): void;
}
