import { memo } from 'react';
import type { Box } from '../model/geometry.js';
import type { Layout } from '../model/layout.js';
import type { Scene } from '../render/scene.js';
import { useViewport, type Viewport } from '../render/viewport.js';
import { VIEW } from './stage-words.js';

interface Props {
  readonly scene: Scene;
  /** Brings a point of the drawing into the middle. */
  readonly onGo: (at: { readonly x: number; readonly y: number }) => void;
}

/** A small picture of the whole drawing with a frame round what is in sight; gone while all of it is. */
export function GraphMinimap({ scene, onGo }: Props) {
  const view = useViewport();
  const { extent } = scene.layout;
  const shown = shownBox(view);
  if (view.width === 0 || extent.width === 0 || covers(shown, extent)) return null;
  const goTo = (event: React.PointerEvent<SVGSVGElement>) => {
    const matrix = event.currentTarget.getScreenCTM();
    if (matrix === null) return;
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
    onGo({ x, y });
  };
  const { x, y, width, height } = extent;
  return (
    <svg
      className="minimap graph-minimap"
      viewBox={`${x} ${y} ${width} ${height}`}
      role="img"
      aria-label={VIEW.minimap}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        goTo(event);
      }}
      onPointerMove={(event) => {
        if (event.buttons === 1) goTo(event);
      }}
    >
      <title>{VIEW.minimap}</title>
      <Whole layout={scene.layout} vertices={scene.vertices} />
      <rect className="in-sight" {...within(shown, extent)} />
    </svg>
  );
}

type WholeProps = { readonly layout: Layout; readonly vertices: Scene['vertices'] };

/** Machines and pods; drawn anew only when one of them is different. */
const Whole = memo(function Whole({ layout, vertices }: WholeProps) {
  const machinesFirst = [...vertices.values()].sort(
    (a, b) => Number(a.kind === 'pod') - Number(b.kind === 'pod'),
  );
  return machinesFirst.map((vertex) => {
    const box = layout.boxes.get(vertex.id);
    if (box === undefined) return null;
    const tone = vertex.kind === 'pod' ? vertex.tone : 'machine';
    const { x, y, width, height } = box;
    return <rect key={vertex.id} className={tone} x={x} y={y} width={width} height={height} />;
  });
});

function shownBox({ x, y, k, width, height }: Viewport): Box {
  return { x: -x / k, y: -y / k, width: width / k, height: height / k };
}

function covers(outer: Box, inner: Box): boolean {
  return (
    outer.x <= inner.x &&
    outer.y <= inner.y &&
    outer.x + outer.width >= inner.x + inner.width &&
    outer.y + outer.height >= inner.y + inner.height
  );
}

/** The part of a box that lies in another. */
function within(box: Box, outer: Box): Box {
  const x = Math.max(box.x, outer.x);
  const y = Math.max(box.y, outer.y);
  return {
    x,
    y,
    width: Math.max(1, Math.min(box.x + box.width, outer.x + outer.width) - x),
    height: Math.max(1, Math.min(box.y + box.height, outer.y + outer.height) - y),
  };
}
