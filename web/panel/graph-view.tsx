import { useEffect, useRef } from 'react';
import type { Layout } from '../model/layout.js';
import { GraphRenderer, type PacketMark } from '../render/graph-renderer.js';
import type { LiveState } from '../state/live-store.js';

interface Props {
  readonly live: LiveState;
  readonly layout: Layout;
  readonly selected: string | undefined;
  readonly lit: ReadonlySet<string>;
  readonly packet: PacketMark | undefined;
  readonly fitRequest: number;
  readonly onSelect: (id: string | undefined) => void;
  readonly onPin: (id: string, at: { x: number; y: number }) => void;
}

/** Hands the scene to D3, which owns everything inside the SVG element. */
export function GraphView(props: Props) {
  const element = useRef<SVGSVGElement>(null);
  const renderer = useRef<GraphRenderer>(undefined);
  const { live, layout, selected, lit, packet, fitRequest, onSelect, onPin } = props;

  useEffect(() => {
    if (element.current === null) return;
    if (renderer.current === undefined) {
      renderer.current = new GraphRenderer(element.current, {
        select: onSelect,
        selectEdge: onSelect,
        pin: onPin,
      });
    }
    renderer.current.draw({
      vertices: [...live.vertices.values()],
      edges: [...live.edges.values()],
      layout,
      selected,
      lit,
      packet,
    });
  }, [live.vertices, live.edges, layout, selected, lit, packet, onSelect, onPin]);

  const fittedRequest = useRef(fitRequest);
  useEffect(() => {
    if (fittedRequest.current === fitRequest) return;
    fittedRequest.current = fitRequest;
    renderer.current?.fit(layout);
  }, [fitRequest, layout]);

  return (
    // biome-ignore lint/a11y/noNoninteractiveElementInteractions: a click on empty space only clears the selection
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape does the same, see the details panel
    <svg
      ref={element}
      className={lit.size > 0 ? 'graph tracing' : 'graph'}
      role="application"
      aria-label="Graph of the cluster: nodes, pods, bridges and cables"
      onClick={() => onSelect(undefined)}
    />
  );
}
