// Reference pictures of every page, for people who change how things look. Taken by `make screenshots`, not by `make test`.
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Page } from "@playwright/test";
import { test } from "../../fixtures.js";
import { livePages, publicPages, setupPage, timedPages, workPages } from "../../gallery.js";

const FOLDER = path.resolve(import.meta.dirname, "../../pictures");
const SIZES = { phone: [390, 844], desktop: [1280, 800], wide: [1920, 1080] } as const;
/** The pictures of the README. */
const SHOWN: Record<string, string> = { "host-answering-1280": "host", "stage-answering-1280": "stage", "play-answering-390": "player" };

test.describe.configure({ mode: "parallel", timeout: 600_000 });

/** Takes a page at every size in every theme that it has. */
async function take(name: string, page: Page): Promise<void> {
  const before = page.viewportSize()!;
  const isAlwaysDark = (await page.locator("[data-theme=dark]").count()) > 0;
  for (const [width, height] of Object.values(SIZES)) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of isAlwaysDark ? (["dark"] as const) : (["light", "dark"] as const)) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      const taken = await shoot(page, width, height);
      const picture = `${name}-${width}`;
      await writeFile(path.join(FOLDER, `${picture}-${colorScheme}.webp`), taken);
      const shown = SHOWN[picture];
      if (shown && (isAlwaysDark || colorScheme === "light")) await writeFile(path.join(FOLDER, `${shown}.webp`), taken);
    }
  }
  await page.setViewportSize(before);
}

/** As WebP, a quarter of a PNG; one pixel of the picture is one of CSS on every device. */
async function shoot(page: Page, width: number, height: number): Promise<Buffer> {
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
  const chromium = await page.context().newCDPSession(page);
  const clip = { x: 0, y: 0, width, height, scale: 1 };
  const { data } = await chromium.send("Page.captureScreenshot", { format: "webp", quality: 80, clip });
  await chromium.detach();
  return Buffer.from(data, "base64");
}

test.beforeAll(() => mkdir(FOLDER, { recursive: true }));

test("public pages @pictures", async ({ desk, visitor, complaints }) => {
  complaints.expect(/status of 404/);
  await publicPages(desk, visitor, take);
});

test("set-up @pictures", async ({ visitor }) => setupPage(visitor, take));

test("work pages @pictures", async ({ desk, visitor }) => workPages(desk, visitor, take));

test("timed sessions @pictures", async ({ visitor }) => timedPages(visitor, take));

test("live pages @pictures", async ({ desk, visitor }) => livePages(desk, visitor, take));
