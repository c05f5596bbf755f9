const widths = new Map<string, number>();
let context: CanvasRenderingContext2D | null | undefined;

/** Width of a text in CSS pixels, measured as the browser would set it. */
export function textWidth(text: string, font: string): number {
  const key = `${font}\u0000${text}`;
  const known = widths.get(key);
  if (known !== undefined) return known;
  context ??= document.createElement('canvas').getContext('2d');
  if (context === null) return text.length * 7;
  context.font = font;
  const { width } = context.measureText(text);
  if (widths.size > 5000) widths.clear();
  widths.set(key, width);
  return width;
}

/** The text, or as much of its beginning as fits, with an ellipsis. */
export function fitText(text: string, width: number, font: string): string {
  if (textWidth(text, font) <= width) return text;
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (textWidth(`${text.slice(0, middle)}…`, font) <= width) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? '' : `${text.slice(0, low)}…`;
}

/** Fonts of the drawing: the sizes are repeated in graph.css. */
export const FONTS = {
  podName: "650 13px system-ui, 'Segoe UI', Roboto, 'Noto Sans', sans-serif",
  small: "12px system-ui, 'Segoe UI', Roboto, 'Noto Sans', sans-serif",
  smallBold: "650 12px system-ui, 'Segoe UI', Roboto, 'Noto Sans', sans-serif",
  far: "650 30px system-ui, 'Segoe UI', Roboto, 'Noto Sans', sans-serif",
  machine: "650 15px system-ui, 'Segoe UI', Roboto, 'Noto Sans', sans-serif",
} as const;
