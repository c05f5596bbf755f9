import { type ReactNode, useEffect, useId, useLayoutEffect, useRef, useState } from 'react';
import './menu.css';

/** Least distance between a panel and the edge of the window. */
const MARGIN_PX = 8;

interface Props {
  /** What stands on the button. */
  readonly button: ReactNode;
  /** Name of the panel, and of the button where that shows a sign only. */
  readonly label: string;
  readonly title?: string;
  readonly className?: string;
  /** What opens below the button; `close` closes it and gives the keyboard back to the button. */
  readonly children: (close: () => void) => ReactNode;
}

/**
 * A button and the panel it opens. Escape and a click elsewhere close the panel, and so does leaving it by Tab;
 * closed by Escape or from within, the keyboard is at the button again.
 */
export function Menu({ button, label, title = label, className = '', children }: Props) {
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLSpanElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    if (isOpen && panel.current !== null) intoWindow(panel.current);
  }, [isOpen]);
  useEffect(() => {
    if (!isOpen) return undefined;
    const away = (event: PointerEvent) => {
      if (!(event.target instanceof Node && root.current?.contains(event.target))) setOpen(false);
    };
    document.addEventListener('pointerdown', away);
    return () => document.removeEventListener('pointerdown', away);
  }, [isOpen]);
  const close = () => {
    setOpen(false);
    opener.current?.focus();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: hears the keys of what is in it
    <span
      ref={root}
      className={`menu ${className}`}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !isOpen) return;
        event.stopPropagation();
        close();
      }}
      onBlur={(event) => {
        const { relatedTarget } = event;
        if (relatedTarget instanceof Node && !event.currentTarget.contains(relatedTarget))
          setOpen(false);
      }}
    >
      <button
        ref={opener}
        type="button"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        aria-label={typeof button === 'string' && button.length > 2 ? undefined : label}
        title={title}
        onClick={() => setOpen(!isOpen)}
      >
        {button}
      </button>
      {isOpen ? (
        <section ref={panel} id={id} className="menu-panel" aria-label={label}>
          {children(close)}
        </section>
      ) : null}
    </span>
  );
}

/** A panel hangs at the right end of its button; where that puts it over the left edge, it moves right. */
function intoWindow(panel: HTMLElement): void {
  const over = MARGIN_PX - panel.getBoundingClientRect().left;
  if (over > 0) panel.style.translate = `${over}px 0`;
}
