import type { Page } from 'playwright-core';

/** Frames of a while. */
export interface Frames {
  readonly perSecond: number;
  /** The longest time between two, in milliseconds. */
  readonly worstMs: number;
}

/** Opens a page and waits for the frame that shows the cluster; gives the milliseconds from navigation until then. */
export async function openPage(page: Page, url: string): Promise<number> {
  await page.goto(url);
  await page.waitForSelector('[data-drawn]');
  return page.evaluate(() => performance.getEntriesByName('podnet:drawn')[0]?.startTime ?? NaN);
}

/** Counts frames while something is done to a page. */
export async function countFrames(page: Page, during: () => Promise<void>): Promise<Frames> {
  await page.evaluate(() => {
    const times: number[] = [];
    const count = (now: number) => {
      times.push(now);
      if (performance.getEntriesByName('bench:stop').length === 0) requestAnimationFrame(count);
      else performance.mark('bench:times', { detail: times });
    };
    performance.clearMarks('bench:stop');
    performance.clearMarks('bench:times');
    requestAnimationFrame(count);
  });
  await during();
  const times = await page.evaluate(
    () =>
      new Promise<number[]>((resolve) => {
        performance.mark('bench:stop');
        const look = () => {
          const [mark] = performance.getEntriesByName('bench:times');
          if (mark instanceof PerformanceMark) resolve(mark.detail);
          else requestAnimationFrame(look);
        };
        look();
      }),
  );
  const [first = 0] = times;
  const gaps = times.slice(1).map((at, index) => at - (times[index] ?? at));
  return {
    perSecond: (gaps.length * 1000) / ((times.at(-1) ?? first) - first),
    worstMs: Math.max(...gaps),
  };
}

/** A state of the graph by its sequence number, and when it was shown, in milliseconds since 1970. */
export interface Drawn {
  readonly seq: number;
  readonly atMs: number;
}

/** Follows which state of the graph a page shows when; the answer gives all since. */
export async function followDrawn(page: Page): Promise<() => Promise<readonly Drawn[]>> {
  await page.evaluate(() => {
    const stage = document.querySelector<HTMLElement>('.stage');
    if (stage === null) return;
    new MutationObserver(() => {
      performance.mark('bench:drawn', { detail: Number(stage.dataset.drawn) });
    }).observe(stage, { attributeFilter: ['data-drawn'] });
  });
  return () =>
    page.evaluate(() =>
      performance
        .getEntriesByName('bench:drawn')
        .flatMap((mark) =>
          mark instanceof PerformanceMark
            ? { seq: mark.detail as number, atMs: performance.timeOrigin + mark.startTime }
            : [],
        ),
    );
}

/** Where the middle of the drawing is. */
async function middleOf(page: Page): Promise<{ readonly x: number; readonly y: number }> {
  const box = await page.locator('.canvas').boundingBox();
  if (box === null) throw new Error('the page has no drawing');
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** Drags the drawing about for so long. */
export async function pan(page: Page, seconds: number): Promise<void> {
  const { x, y } = await middleOf(page);
  await page.mouse.move(x, y);
  await page.mouse.down();
  const endMs = performance.now() + seconds * 1000;
  for (let move = 1; performance.now() < endMs; move += 1) {
    const turn = (move / 60) * 2 * Math.PI;
    await page.mouse.move(x + 180 * Math.sin(turn), y + 90 * Math.sin(2 * turn));
  }
  await page.mouse.up();
}

/** Zooms by the wheel for so long: a few steps in, the same out, and again. */
export async function zoom(page: Page, seconds: number): Promise<void> {
  const { x, y } = await middleOf(page);
  await page.mouse.move(x, y);
  const endMs = performance.now() + seconds * 1000;
  for (let step = 0; performance.now() < endMs; step += 1) {
    await page.mouse.wheel(0, step % 40 < 20 ? -120 : 120);
  }
}
