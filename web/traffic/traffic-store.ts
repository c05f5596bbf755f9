import { io, type Socket } from 'socket.io-client';
import type { Edge } from '../../server/contract/graph.js';
import type { LaneTraffic, TrafficKind, TrafficSlice } from '../../server/contract/traffic.js';
import { clusterBase } from '../state/cluster-base.js';
import type { LiveState } from '../state/live-store.js';
import { DropMarks } from './drop-marks.js';
import { Rates } from './rates.js';
import { keepSettings, readSettings, type TrafficSettings } from './settings.js';
import { ShowClock } from './show-clock.js';
import { Timetable } from './timetable.js';

/** Packets per second of an edge's direction from which on a stream is drawn, and below which no longer. */
const STREAM_FROM = 20;
const STREAM_UNTIL = 12;
/** As above where nothing moves: then rates are all there is to see. */
const STILL_FROM = 0.4;
/** After so long without a slice nothing passes: time goes on. Real milliseconds. */
const SILENCE_MS = 250;

/** Much traffic in one direction of an edge. */
export interface Stream {
  readonly edge: string;
  readonly forward: boolean;
  readonly packets: number;
  readonly bits: number;
}

/** What is known of a cluster's traffic, and what a person wants to see of it. Connected while it is on and the page is seen. */
export class TrafficStore {
  readonly rates = new Rates();
  readonly marks = new DropMarks();
  readonly timetable = new Timetable((id) => this.edges.get(id));
  readonly show = new ShowClock();
  settings: TrafficSettings = readSettings();
  private edges: ReadonlyMap<string, Edge> = new Map();
  private speed = 1;
  private sliceMs = 0;
  private socket: Socket | undefined;
  private focused: readonly string[] = [];
  private watchers = 0;
  private streaming = new Set<string>();
  private readonly settingsListeners = new Set<() => void>();
  private readonly sliceListeners = new Set<() => void>();

  /** The cluster as the page knows it now: where edges lead, and how its clock runs. */
  follow({ edges, clock }: LiveState): void {
    this.edges = edges;
    this.speed = clock?.speed ?? 1;
    this.show.setPaused(clock?.paused === true, clock?.nowNs ?? 0);
    this.tell();
  }

  /** Listens for as long as somebody watches; the answer ends it. */
  watch(): () => void {
    this.watchers += 1;
    if (this.watchers === 1) document.addEventListener('visibilitychange', this.connectOrNot);
    this.connectOrNot();
    return () => {
      this.watchers -= 1;
      if (this.watchers === 0) document.removeEventListener('visibilitychange', this.connectOrNot);
      this.connectOrNot();
    };
  }

  change(next: Partial<TrafficSettings>): void {
    this.settings = { ...this.settings, ...next };
    keepSettings(this.settings);
    if (next.on === false) this.forget();
    this.connectOrNot();
    for (const listener of this.settingsListeners) listener();
    this.tell();
  }

  /** Edges that somebody reads about: the server tells of them even when others have more traffic. */
  focus(edges: readonly string[]): void {
    this.focused = edges.slice(0, 16);
    this.socket?.emit('focus', this.focused);
  }

  readonly shows = (kind: TrafficKind): boolean => !this.settings.hidden.has(kind);

  readonly onSettings = (listener: () => void): (() => void) => {
    this.settingsListeners.add(listener);
    return () => this.settingsListeners.delete(listener);
  };

  /** Calls back when there may be something else to draw. */
  readonly onSlice = (listener: () => void): (() => void) => {
    this.sliceListeners.add(listener);
    return () => this.sliceListeners.delete(listener);
  };

  /** Lanes with so much traffic that packets are not seen one by one; `still` for all that have any. */
  streams(still: boolean): readonly Stream[] {
    this.passTime();
    const now = new Set<string>();
    const streams: Stream[] = [];
    for (const [edge, forward] of this.rates.active()) {
      const { packets, bits } = this.rates.rateOf(edge, forward, this.shows);
      const name = `${forward ? '>' : '<'}${edge}`;
      const from = still ? STILL_FROM : this.streaming.has(name) ? STREAM_UNTIL : STREAM_FROM;
      if (packets < from) continue;
      now.add(name);
      streams.push({ edge, forward, packets, bits });
    }
    this.streaming = now;
    return streams;
  }

  /** Simulated seconds per real second. */
  get speedNow(): number {
    return this.speed;
  }

  /** Lets simulated time go on where no slice says so. */
  passTime(): void {
    const silentMs = performance.now() - this.sliceMs;
    if (this.show.paused || this.sliceMs === 0 || silentMs < SILENCE_MS) return;
    this.sliceMs += silentMs;
    this.rates.passTime(this.rates.atNs + silentMs * 1e6 * this.speed);
  }

  private readonly connectOrNot = (): void => {
    const wanted = this.watchers > 0 && this.settings.on && !document.hidden;
    if (wanted && this.socket === undefined) {
      const socket = io(`${clusterBase(location.pathname)}/traffic`);
      socket.on('connect', () => {
        // Another server counts from its own beginning.
        this.forget();
        if (this.focused.length > 0) socket.emit('focus', this.focused);
      });
      socket.on('slice', (slice: TrafficSlice) => this.take(slice));
      this.socket = socket;
    } else if (!wanted && this.socket !== undefined) {
      this.socket.disconnect();
      this.socket = undefined;
      this.timetable.clear();
    }
  };

  private take(slice: TrafficSlice): void {
    this.sliceMs = performance.now();
    this.rates.add(slice, this.speed);
    const nowMs = this.show.nowMs;
    this.timetable.add(
      { ...slice, crossings: slice.crossings.filter(({ kind }) => this.shows(kind)) },
      { nowMs, speed: this.speed },
    );
    for (const drop of slice.drops) {
      if (this.shows(drop.kind))
        this.marks.add(drop, this.timetable.legOf(drop.crossing ?? 0), nowMs);
    }
    this.show.stepped(slice.toNs, this.timetable.busyUntilMs);
    if (this.streaming.size > 0 || this.isSeen(slice)) this.tell();
  }

  private isSeen({ lanes, drops }: TrafficSlice): boolean {
    return (
      drops.some(({ kind }) => this.shows(kind)) ||
      lanes.some(({ counts }) => kindsIn(counts).some(this.shows))
    );
  }

  private forget(): void {
    this.timetable.clear();
    this.marks.clear();
    this.rates.clear();
    this.streaming = new Set();
  }

  private tell(): void {
    for (const listener of this.sliceListeners) listener();
  }
}

function kindsIn(counts: LaneTraffic['counts']): readonly TrafficKind[] {
  return Object.keys(counts) as TrafficKind[];
}

/** The traffic of the page's cluster. */
export const traffic = new TrafficStore();
