// Reference pictures of every page, for people who change how things look. Taken by `make screenshots`, not by `make test`.
import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { Page } from "@playwright/test";
import { test } from "../../fixtures.js";
import { livePages, publicPages, setupPage, workPages } from "../../gallery.js";

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
      const picture = `${name}-${width}`;
      await page.screenshot({ path: path.join(FOLDER, `${picture}-${colorScheme}.png`), scale: "css", animations: "disabled" });
      const shown = SHOWN[picture];
      if (shown && (isAlwaysDark || colorScheme === "light")) {
        await page.screenshot({ path: path.join(FOLDER, `${shown}.png`), scale: "css", animations: "disabled" });
      }
    }
  }
  await page.setViewportSize(before);
}

test.beforeAll(() => mkdir(FOLDER, { recursive: true }));

test("public pages @pictures", async ({ desk, visitor, complaints }) => {
  complaints.expect(/status of 404/);
  await publicPages(desk, visitor, take);
});

test("set-up @pictures", async ({ visitor }) => setupPage(visitor, take));

test("work pages @pictures", async ({ desk, visitor }) => workPages(desk, visitor, take));

test("live pages @pictures", async ({ desk, visitor }) => livePages(desk, visitor, take));
