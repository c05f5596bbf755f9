import { type ReactNode, type RefObject, useEffect, useRef, useState } from 'react';

interface Props {
  /** What is in it, for people who do not see it. */
  readonly label: string;
  readonly className?: string;
  readonly as?: 'div' | 'pre';
  readonly children: ReactNode;
}

/** A part that scrolls by keyboard too: while more is in it than in sight, it is a stop of Tab. */
export function ScrollBox({ label, className, as: Tag = 'div', children }: Props) {
  const box = useRef<HTMLDivElement & HTMLPreElement>(null);
  const stop = useScrollStop(box);
  return (
    <Tag
      ref={box}
      className={className}
      {...(stop.tabIndex === undefined ? {} : { role: 'group', 'aria-label': label })}
      {...stop}
    >
      {children}
    </Tag>
  );
}

/** The `tabIndex` of an element that has a name already: 0 while more is in it than in sight. */
export function useScrollStop(box: RefObject<HTMLElement | null>): { readonly tabIndex?: 0 } {
  const [scrolls, setScrolls] = useState(false);
  useEffect(() => {
    const { current } = box;
    if (current === null) return undefined;
    const measure = () => setScrolls(isScrollable(current));
    measure();
    const sizes = new ResizeObserver(measure);
    sizes.observe(current);
    for (const child of current.children) sizes.observe(child);
    return () => sizes.disconnect();
  });
  return scrolls ? { tabIndex: 0 } : {};
}

function isScrollable(element: Element): boolean {
  return (
    element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1
  );
}
