import { type PointerEvent, useRef } from 'react';
import { themeScale } from '../state/theme.js';
import { DOCK } from './words.js';

/** Narrowest and widest dock, in CSS pixels. */
export const DOCK_WIDTHS = { least: 260, most: 720 } as const;

const STEP_PX = 20;

interface Props {
  /** Id of the panel whose width it sets. */
  readonly controls: string;
  /** Undefined while the style sheet decides. */
  readonly width: number | undefined;
  readonly onWidth: (px: number | undefined) => void;
}

/** The edge between the dock and the graph: it is dragged, or moved by arrows; Home gives the usual width back. */
export function DockEdge({ controls, width, onWidth }: Props) {
  const edge = useRef<HTMLHRElement>(null);
  const shown = () => width ?? edge.current?.parentElement?.offsetWidth ?? 0;
  const set = (px: number) =>
    onWidth(Math.round(Math.max(DOCK_WIDTHS.least, Math.min(DOCK_WIDTHS.most, px))));
  function drag(event: PointerEvent<HTMLHRElement>) {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const left = event.currentTarget.parentElement?.getBoundingClientRect().left ?? 0;
    set((event.clientX - left) / themeScale());
  }
  return (
    <hr
      ref={edge}
      className="dock-edge"
      aria-orientation="vertical"
      aria-label={DOCK.edge}
      aria-controls={controls}
      aria-valuemin={DOCK_WIDTHS.least}
      aria-valuemax={DOCK_WIDTHS.most}
      aria-valuenow={width ?? DOCK_WIDTHS.least}
      tabIndex={0}
      title={DOCK.edgeTitle}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={drag}
      onDoubleClick={() => onWidth(undefined)}
      onKeyDown={(event) => {
        const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
        if (by !== 0) set(shown() + by * STEP_PX);
        else if (event.key === 'Home') onWidth(undefined);
        else return;
        event.preventDefault();
        event.stopPropagation();
      }}
    />
  );
}
