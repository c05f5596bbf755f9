import { useEffect, useRef } from 'react';
import { type Palette, readPalette } from '../render/map/palette.js';
import type { Scene } from '../render/scene.js';
import { viewport } from '../render/viewport.js';
import type { LiveState } from '../state/live-store.js';
import { onTheme, themeScale } from '../state/theme.js';
import { type FrameReport, paintFrame } from './frame.js';
import { Lines } from './lines.js';
import { type Stream, traffic } from './traffic-store.js';
import './traffic.css';

interface Props {
  readonly live: LiveState;
  readonly scene: Scene;
}

/** What is streaming is worked out so often at most, in milliseconds. */
const STREAMS_EVERY_MS = 150;
/** How often a drawing in which nothing moves is brought up to date. */
const STILL_EVERY_MS = 600;
/** How often the canvas says what it shows, in its `data-` attributes. */
const REPORT_EVERY_MS = 100;

/**
 * Live traffic over the graph, whichever renderer draws it. A frame is painted only while something moves or fades.
 * While a trace is played nothing is shown: that packet is what matters then.
 *
 * `data-dots` of the canvas names the edges with packets, `data-labels` edges with their rates, `data-drops` places with
 * reason and count, `data-frames` counts frames.
 */
export function TrafficLayer({ live, scene }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const painter = useRef<Painter>(undefined);
  useEffect(() => {
    if (canvas.current === null) return undefined;
    const made = new Painter(canvas.current);
    painter.current = made;
    const ends = [
      traffic.watch(),
      traffic.onSlice(made.schedule),
      viewport.subscribe(made.schedule),
      onTheme(made.recolour),
    ];
    return () => {
      for (const end of ends) end();
      made.stop();
      painter.current = undefined;
    };
  }, []);
  useEffect(() => traffic.follow(live), [live]);
  useEffect(() => painter.current?.show(scene), [scene]);
  return <canvas ref={canvas} className="traffic-layer" />;
}

class Painter {
  private readonly canvas: HTMLCanvasElement;
  private readonly calm = matchMedia('(prefers-reduced-motion: reduce)');
  private readonly phases = new Map<string, number>();
  private palette: Palette | undefined;
  private scale = 1;
  private scene: Scene | undefined;
  private lines: Lines | undefined;
  private streams: readonly Stream[] = [];
  private streamsMs = 0;
  private frame = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private paintedMs = 0;
  private reportedMs = 0;
  private frames = 0;
  private blank = true;

  constructor(canvas: HTMLCanvasElement) {
    this.canvas = canvas;
  }

  readonly schedule = (): void => {
    if (this.frame !== 0 || document.hidden) return;
    clearTimeout(this.timer);
    this.frame = requestAnimationFrame((atMs) => {
      this.frame = 0;
      this.paint(atMs);
    });
  };

  readonly recolour = (): void => {
    this.palette = undefined;
    this.schedule();
  };

  /** The drawing is another one now. */
  show(scene: Scene): void {
    const before = this.scene;
    this.scene = scene;
    const same =
      before !== undefined &&
      before.layout === scene.layout &&
      before.tracks === scene.tracks &&
      before.edges === scene.edges;
    if (!same) this.lines = new Lines(scene);
    if (!same || (before?.flight === undefined) !== (scene.flight === undefined)) this.schedule();
  }

  stop(): void {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
  }

  private paint(atMs: number): void {
    const { scene, lines, canvas } = this;
    const view = viewport.now;
    const context = canvas.getContext('2d');
    if (scene === undefined || lines === undefined || context === null || view.width === 0) return;
    const shown = traffic.settings.on && scene.flight === undefined;
    if (shown && atMs - this.streamsMs > STREAMS_EVERY_MS) {
      this.streams = traffic.streams(this.calm.matches);
      this.streamsMs = atMs;
    }
    if (!shown) this.streams = [];
    const nowMs = traffic.show.nowMs;
    const dots = traffic.timetable.busyUntilMs > nowMs && !this.calm.matches;
    const busy = shown && (dots || this.streams.length > 0 || traffic.marks.any);
    if (!busy) {
      this.wipe(context);
      return;
    }
    this.fit(view);
    const ratio = window.devicePixelRatio;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const passedMs = Math.min(100, atMs - this.paintedMs);
    this.paintedMs = atMs;
    const moves = !traffic.show.frozen && !this.calm.matches;
    const report = paintFrame({
      traffic,
      lines,
      brush: { context, palette: this.colours(), view },
      window: view,
      podWidth: scene.layout.plan.podWidth,
      streams: this.streams,
      phases: this.phases,
      flowMs: moves ? passedMs * Math.min(1, traffic.speedNow) : 0,
      still: this.calm.matches,
      scale: this.scale,
    });
    this.blank = false;
    this.frames += 1;
    this.report(report, atMs);
    if (traffic.show.frozen) return;
    if (moves) this.schedule();
    else this.timer = setTimeout(this.schedule, STILL_EVERY_MS);
  }

  private wipe(context: CanvasRenderingContext2D): void {
    if (this.blank) return;
    this.blank = true;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.phases.clear();
    this.report({ dots: [], streams: [], labels: [], drops: [] }, Number.POSITIVE_INFINITY);
  }

  private fit({ width, height }: { readonly width: number; readonly height: number }): void {
    const ratio = window.devicePixelRatio;
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width === wide && this.canvas.height === high) return;
    this.canvas.width = wide;
    this.canvas.height = high;
  }

  private colours(): Palette {
    if (this.palette === undefined) {
      this.palette = readPalette(this.canvas.parentElement ?? document.body);
      this.scale = themeScale();
    }
    return this.palette;
  }

  private report({ dots, streams, labels, drops }: FrameReport, atMs: number): void {
    if (atMs - this.reportedMs < REPORT_EVERY_MS) return;
    this.reportedMs = Number.isFinite(atMs) ? atMs : 0;
    const { dataset } = this.canvas;
    dataset.frames = `${this.frames}`;
    dataset.dots = [...new Set(dots)].join(' ');
    dataset.streams = streams.join(' ');
    dataset.labels = labels.join('; ');
    dataset.drops = drops.join('; ');
  }
}
