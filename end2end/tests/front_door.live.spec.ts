// The pages of people who have no code yet, brought to life: what the browser loads, and when.
import { expect, hydrated, requests, test, visit } from "../fixtures.js";

/** The code of bundles. The splitter names each file after the function that it took out. */
const WORK = /\/split_work_page.*\.wasm$/;
const PLAY = /\/split_player_page.*\.wasm$/;
const LAZY = /\/(split|chunk)_.*\.wasm$/;

test("a first visit loads the code of its own page, and of the game that follows", async ({ page }) => {
  const loaded = requests(page);
  await visit(page, "/");
  await expect.poll(() => loaded.filter((path) => PLAY.test(path)).length).toBe(1);
  expect(loaded.filter((path) => /\/(podium|split_.*)\.wasm$/.test(path)), "code").toEqual([
    expect.stringMatching(/\/podium\.wasm$/),
    expect.stringMatching(PLAY),
  ]);
  expect(loaded.filter((path) => path.endsWith(".js")).sort(), "scripts").toEqual([
    expect.stringMatching(/\/__wasm_split\..*\.js$/),
    expect.stringMatching(/\/podium\.js$/),
  ]);
});

test("pages of one bundle lead to each other without a new document and without more code", async ({ page, complaints }) => {
  complaints.expect(/status of 404/);
  await visit(page, "/setup/none");
  await page.evaluate(() => document.documentElement.setAttribute("data-same-document", ""));
  const loaded = requests(page);
  await page.getByRole("link", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Welcome back.");
  await expect(page).toHaveTitle("Sign in · Podium");
  await expect(page.locator("html[data-same-document]")).toBeAttached();
  expect(loaded.filter((path) => LAZY.test(path))).toEqual([]);

  await page.goBack();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("This set-up link is over.");
});

test("a page that is opened directly hydrates, each piece of its code asked for once", async ({ page }) => {
  const loaded = requests(page);
  await visit(page, "/login");
  const lazy = loaded.filter((path) => LAZY.test(path));
  expect(lazy.filter((path) => WORK.test(path))).toHaveLength(1);
  expect(new Set(lazy).size).toBe(lazy.length);
  await page.getByRole("link", { name: "Here to play? Enter the room code" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Ready when you are.");
});

test("a second visit takes every file from the browser's cache", async ({ page }) => {
  await visit(page, "/");
  // The code of the game follows while a name is typed; only what has come can be kept.
  await page.waitForLoadState("networkidle");
  await page.reload();
  await hydrated(page);
  const fetched = await page.evaluate(() =>
    (performance.getEntriesByType("resource") as PerformanceResourceTiming[])
      .filter((file) => file.name.includes("/pkg/") && file.transferSize > 0)
      .map((file) => file.name),
  );
  expect(fetched).toEqual([]);
});

test("every answer says what the browser must refuse", async ({ request }) => {
  const nonces = new Set<string>();
  for (const path of ["/", "/", "/no/such/page"]) {
    const headers = (await request.get(path)).headers();
    const policy = headers["content-security-policy"] ?? "";
    nonces.add(/'nonce-([^']+)'/.exec(policy)?.[1] ?? "none");
    expect(policy).toContain("'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; style-src-attr 'unsafe-inline'");
    expect(policy).toContain("object-src 'none'; base-uri 'none'; frame-ancestors 'none'");
    expect(headers).toMatchObject({
      "referrer-policy": "same-origin",
      "x-content-type-options": "nosniff",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
    });
  }
  expect(nonces.size, "a nonce of its own for every page").toBe(3);
  expect((await request.get("/favicon.svg")).headers()).toMatchObject({
    "content-security-policy": expect.stringContaining("default-src 'none'"),
    "x-content-type-options": "nosniff",
  });
});
