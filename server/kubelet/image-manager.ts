import type { Container } from '../contract/kube.js';
import type { ImageReference, ImageRegistry, PullError, ResolvedImage } from '../registry/index.js';
import type { KubeletClock } from './contract.js';

/** How a pull ended. */
export interface PullResult {
  readonly image:
    | { readonly ok: true; readonly value: ResolvedImage }
    | { readonly ok: false; readonly error: PullError };
  /** Time of the pull itself, and with its turn in the queue. */
  readonly pullNs: number;
  readonly totalNs: number;
  /** Layers of the image that the node had before. */
  readonly had: ReadonlySet<string>;
}

interface Waiting {
  readonly reference: ImageReference;
  readonly askedNs: number;
  readonly done: (result: PullResult) => void;
}

/** Images of one node. Pulls wait for each other (serializeImagePulls: true). */
export class ImageManager {
  private readonly clock: KubeletClock;
  private readonly registry: ImageRegistry;
  private readonly images = new Map<string, ResolvedImage>();
  private readonly layers = new Set<string>();
  private readonly queue: Waiting[] = [];
  private busy = false;

  constructor(clock: KubeletClock, registry: ImageRegistry) {
    this.clock = clock;
    this.registry = registry;
  }

  /** The image under its canonical reference, when the node has it. */
  find(reference: ImageReference): ResolvedImage | undefined {
    return this.images.get(reference.canonical);
  }

  /** Images on the node, oldest first. */
  list(): readonly ResolvedImage[] {
    return [...this.images.values()];
  }

  /** Puts an image on the node without a pull, as `kind load docker-image` does. */
  load(image: ResolvedImage): void {
    this.images.set(image.reference.canonical, image);
    for (const { digest } of image.layers) this.layers.add(digest);
  }

  /** Pulls when its turn comes; `done` is called once, at a later moment. */
  pull(reference: ImageReference, done: (result: PullResult) => void): void {
    this.queue.push({ reference, askedNs: this.clock.nowNs, done });
    if (!this.busy) this.takeNext();
  }

  private takeNext(): void {
    const next = this.queue.shift();
    this.busy = next !== undefined;
    if (next === undefined) return;
    const { askedNs, done, reference } = next;
    const startedNs = this.clock.nowNs;
    const { durationNs, result } = this.registry.pull(reference, (digest) =>
      this.layers.has(digest),
    );
    const layers = result.ok ? result.value.layers : [];
    const had = new Set(layers.map(({ digest }) => digest).filter((one) => this.layers.has(one)));
    this.clock.schedule(durationNs, () => {
      if (result.ok) this.load(result.value);
      const { nowNs } = this.clock;
      done({ image: result, pullNs: nowNs - startedNs, totalNs: nowNs - askedNs, had });
      this.takeNext();
    });
  }
}

/** Pull policy of a container: Always for `latest`, else IfNotPresent, unless it says. */
export function pullPolicyOf(
  container: Container,
  reference: ImageReference,
): 'Always' | 'IfNotPresent' | 'Never' {
  if (container.imagePullPolicy !== undefined) return container.imagePullPolicy;
  return reference.tag === 'latest' ? 'Always' : 'IfNotPresent';
}
