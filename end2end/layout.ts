// What a layout must keep at every size: nothing beside the page, targets for thumbs, nothing that jumps.
import { type Page, expect } from "@playwright/test";

/** Widths from the smallest phone to a projector, in CSS pixels. */
const WIDTHS = [320, 390, 768, 1024, 1280, 1920];
/** WCAG 2.2, 2.5.5. */
const TARGET = 44;

/** Nothing makes the page wider than its window. */
export async function expectNoOverflow(page: Page): Promise<void> {
  const before = page.viewportSize()!;
  const wide: string[] = [];
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: width < 768 ? 740 : 900 });
    const found = await page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      if (scrollWidth <= clientWidth) return [];
      const beyond = (element: Element) => element.getBoundingClientRect().right > clientWidth + 0.5;
      const name = (element: Element) => `${element.tagName.toLowerCase()}.${element.getAttribute("class") ?? ""}`;
      return [`${scrollWidth} in ${clientWidth}: ${[...document.querySelectorAll("body *")].filter(beyond).slice(0, 4).map(name).join(", ")}`];
    });
    wide.push(...found);
  }
  await page.setViewportSize(before);
  expect(wide, "wider than the window").toEqual([]);
}

/** Everything that can be pressed is as large as a thumb; links within a sentence are as large as their words. */
export async function expectTargets(page: Page): Promise<void> {
  const small = await page.evaluate((least) => {
    const selector = "a[href], button, input:not([type=hidden]), select, textarea, summary";
    const isShown = (element: Element) =>
      element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !element.closest(".skip-link, .visually-hidden");
    const isInSentence = (element: Element) =>
      element.tagName === "A" && getComputedStyle(element).display === "inline" && element.parentElement!.textContent!.trim() !== element.textContent!.trim();
    const box = (element: Element) => {
      // A tick box is pressed by its label as well.
      const label = element.matches("[type=checkbox], [type=radio]") && (element as HTMLInputElement).labels?.[0];
      const around = label || element;
      return around.getBoundingClientRect();
    };
    const found: string[] = [];
    for (const element of document.querySelectorAll(selector)) {
      if (!isShown(element) || isInSentence(element)) continue;
      const { width, height } = box(element);
      if (width === 0 || (width >= least - 0.5 && height >= least - 0.5)) continue;
      found.push(`${Math.round(width)}×${Math.round(height)} ${element.tagName.toLowerCase()} ${(element.textContent || element.id).trim().slice(0, 40)}`);
    }
    return found;
  }, TARGET);
  expect(small, `smaller than ${TARGET} px`).toEqual([]);
}

/**
 * Collects what moves by itself in every page that is opened from now on. That the game goes on is no jump: whatever
 * comes and goes with the next picture moves what stays.
 */
export async function watchShifts(page: Page): Promise<void> {
  await page.addInitScript(() => {
    type Shift = PerformanceEntry & { value: number; hadRecentInput: boolean; sources: { node?: Node }[] };
    const shifts: string[] = [];
    Object.assign(window, { shifts });
    // In time and in frames: on a machine that is short of breath, half a second is over before anything was drawn.
    let [changedAt, changedIn, frame] = [-Infinity, -Infinity, 0];
    const count = () => (frame++, requestAnimationFrame(count));
    requestAnimationFrame(count);
    const isHeading = (node: Node) => node.parentElement?.closest("h1") || (node instanceof Element && node.querySelector("h1"));
    new MutationObserver((changes) => {
      const goesOn = changes.some(({ type, target, addedNodes }) => type === "attributes" || isHeading(target) || [...addedNodes].some(isHeading));
      if (goesOn) [changedAt, changedIn] = [performance.now(), frame];
    }).observe(document, { subtree: true, childList: true, characterData: true, attributeFilter: ["data-picture", "data-part", "data-stretch"] });
    new PerformanceObserver((list) => {
      for (const shift of list.getEntries() as Shift[]) {
        // A growing number pushes its noun aside, a new row its neighbours; that nobody calls a jump. CLS is good to 0.1.
        if (shift.hadRecentInput || shift.value < 0.01) continue;
        const isChange = Math.abs(shift.startTime - changedAt) < 500 || frame - changedIn < 30;
        if (document.readyState === "complete" && isChange) continue;
        const names = shift.sources.map(({ node }) => (node instanceof Element ? `${node.tagName.toLowerCase()}.${node.getAttribute("class") ?? ""}` : "text"));
        shifts.push(`${shift.value.toFixed(4)}: ${names.join(", ")}`);
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
}

/** Nothing has moved by itself since the page was opened. */
export async function expectNoShifts(page: Page): Promise<void> {
  // Two frames, so that what the last one moved is reported.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)))));
  expect(await page.evaluate(() => (window as unknown as { shifts: string[] }).shifts), "layout shifts").toEqual([]);
}
