import { useEffect, useRef } from 'react';
import { directionOf } from '../model/neighbours.js';
import { GraphRenderer } from '../render/graph-renderer.js';
import { offerPicture } from '../render/picture.js';
import type { Scene, SceneEvents } from '../render/scene.js';
import { takeLinkedBox } from '../trace/linked.js';
import { GraphMinimap } from './graph-minimap.js';
import { GRAPH } from './words.js';

/** What to bring into view; a new number asks again. */
export interface Fly {
  readonly id: string;
  readonly request: number;
}

interface Props extends SceneEvents {
  readonly scene: Scene;
  /** A new number asks to show everything. */
  readonly fitRequest: number;
  readonly fly: Fly | undefined;
}

/** Hosts the drawing: React owns the element, D3 owns what is in it. */
export function GraphView({ scene, fitRequest, fly, select, pin, lookInto }: Props) {
  const element = useRef<SVGSVGElement>(null);
  const renderer = useRef<GraphRenderer>(undefined);
  const current = useRef({ scene, select, pin, lookInto });
  current.current = { scene, select, pin, lookInto };

  useEffect(() => {
    if (element.current === null) return undefined;
    const made = new GraphRenderer(element.current, {
      select: (id) => current.current.select(id),
      pin: (id, at) => current.current.pin(id, at),
      lookInto: (ids) => current.current.lookInto(ids),
    });
    renderer.current = made;
    const withdraw = offerPicture(made);
    const observer = new ResizeObserver(() => {
      made.tellView();
      made.draw(current.current.scene);
      made.follow(current.current.scene);
    });
    observer.observe(element.current);
    return () => {
      observer.disconnect();
      withdraw();
      renderer.current = undefined;
    };
  }, []);

  useEffect(() => {
    renderer.current?.draw(scene);
    renderer.current?.follow(scene);
  }, [scene]);

  useEffect(() => {
    const box = scene.vertices.size === 0 ? undefined : takeLinkedBox();
    if (box !== undefined) renderer.current?.show(box);
  }, [scene]);

  const answered = useRef(fitRequest);
  useEffect(() => {
    if (answered.current === fitRequest) return;
    answered.current = fitRequest;
    renderer.current?.fit(scene.layout);
  }, [fitRequest, scene]);

  useEffect(() => {
    if (fly !== undefined) renderer.current?.flyTo(fly.id);
  }, [fly]);

  return (
    <>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: Escape does the same */}
      <svg
        ref={element}
        className={`graph${scene.flight === undefined ? '' : ' tracing'}`}
        role="application"
        aria-label={GRAPH.label}
        onClick={() => select(undefined)}
        onKeyDown={(event) => {
          // While a packet is played the arrows alone step.
          const free = scene.flight === undefined || event.shiftKey;
          const direction = free ? directionOf(event.key) : undefined;
          if (direction === undefined || renderer.current?.move(direction) !== true) return;
          event.preventDefault();
          event.stopPropagation();
        }}
      />
      <GraphMinimap scene={scene} onGo={(at) => renderer.current?.goTo(at)} />
      <div className="zoom-buttons">
        <button
          type="button"
          title={GRAPH.larger}
          aria-label={GRAPH.larger}
          onClick={() => renderer.current?.zoomBy(1.3)}
        >
          +
        </button>
        <button
          type="button"
          title={GRAPH.smaller}
          aria-label={GRAPH.smaller}
          onClick={() => renderer.current?.zoomBy(1 / 1.3)}
        >
          −
        </button>
        <button
          type="button"
          title={GRAPH.everything}
          aria-label={GRAPH.everything}
          onClick={() => renderer.current?.fit(scene.layout)}
        >
          ⤢
        </button>
      </div>
    </>
  );
}
