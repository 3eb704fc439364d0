// Two organisations in one house: all that the browsers of the one have asked is asked again by the other.
import { type APIRequestContext, type Page, request } from "@playwright/test";
import { Desk, type SignedIn, quickQuiz } from "../../desk.js";
import { download, expect, hydrated, Podium, test, visit } from "../../fixtures.js";
import { DEVICES, alive } from "../../room.js";

/** Stands in everything that is the one organisation's. */
const CANARY = "Zugvogel";

type Asked = { method: string; path: string; body: string | null; type: string | undefined };

/** What the page's browser asks from now on, without what is the same for everybody. */
function record(page: Page, asked: Map<string, Asked>): void {
  page.context().on("request", (request) => {
    const { pathname, search } = new URL(request.url());
    if (/^\/(pkg|fonts)\/|\.(svg|png|ico)$|^\/(login|logout)/.test(pathname)) return;
    const method = request.method();
    const body = request.postData();
    asked.set(`${method} ${pathname}${search} ${body ?? ""}`, { method, path: `${pathname}${search}`, body, type: request.headers()["content-type"] });
  });
}

/** Whether a request names a thing by its number or code, which is then the other organisation's. */
function namesSomething({ path, body }: Asked): boolean {
  const address = new URL(path, "http://x");
  // The functions of a page that lists name nothing; those that take an id do.
  if (address.pathname.startsWith("/api/")) return /(^|[?&,{"])(id|seat|session|code)("|=)/.test(`${address.search}${body ?? ""}`);
  return /\/(\d+|[A-Z0-9]{6})(\/|$|\.)/.test(address.pathname) || /\b(id|quiz|code)=/.test(body ?? "");
}

test("what one organisation's browsers asked leads another one to nothing", async ({ visitor, complaints }) => {
  test.setTimeout(240_000);
  complaints.expect(/status of 404|WebSocket connection to/);
  const podium = await Podium.start();
  try {
    const desk = await Desk.setUp(podium);
    const other = await signedInTo(podium, await podium.organisation("Other House"));
    const asked = new Map<string, Asked>();
    const page = await visitor({ ...DEVICES.desktop, baseURL: podium.url, storageState: await desk.signedIn() });
    record(page, asked);

    // A walk by links and buttons, so that pages and functions are asked.
    const quiz = await desk.write(quickQuiz(2, { title: `${CANARY} quiz` }));
    const session = await desk.openTimed(quiz, { minutes: "5" }, CANARY);
    const phone = await visitor({ ...DEVICES.phone, baseURL: podium.url });
    await visit(phone, session.links[CANARY]!);
    await phone.getByRole("button", { name: "Start" }).click();
    await phone.locator("label.option").first().click();
    await expect(phone.locator(".saved")).toHaveText("all saved");
    await visit(page, "/dashboard");
    for (const section of ["Quizzes", "Timed sessions", "People", "Accounts", "Connections", "Notices", "Quizzes"]) {
      await page.getByRole("navigation", { name: "Sections" }).getByRole("link", { name: section }).click();
      await expect(page.getByRole("heading", { level: 1 })).toContainText(section);
    }
    await page.getByRole("link", { name: new RegExp(`${CANARY} quiz`) }).first().click();
    await expect(page.getByRole("button", { name: "Open a room" })).toBeVisible();
    await page.getByRole("button", { name: "Open a room" }).click();
    await expect(page).toHaveURL(/\/host\/\w{6}$/);
    const code = page.url().slice(-6);
    await hydrated(page);
    await alive(page);
    await visit(page, `/stage/${code}`);
    await visit(page, "/people");
    await page.getByRole("link", { name: new RegExp(CANARY) }).first().click();
    await page.getByLabel("Last name").fill(`${CANARY}son`);
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page).toHaveURL(/\/people$/);
    await visit(page, "/sessions");
    await page.getByRole("link", { name: new RegExp(CANARY) }).first().click();
    await hydrated(page);
    await page.getByRole("button", { name: new RegExp(`Manage ${CANARY}`) }).click();
    const panel = page.getByRole("dialog");
    await panel.getByRole("button", { name: "Personal link and QR code" }).click();
    await panel.getByRole("button", { name: "+5 min" }).click();
    await expect(panel.locator(".outcome")).toContainText("more");
    await panel.getByRole("button", { name: "End the attempt" }).click();
    await panel.getByRole("button", { name: "End it" }).click();
    await panel.getByRole("button", { name: "Close", exact: true }).click();
    await download(page, "Download answers", /\.csv$/);
    await page.getByRole("link", { name: /^Result of/ }).click();
    await download(page, "Download as CSV", /\.csv$/);
    await download(page, "Download as JSON", /\.json$/);
    await page.getByRole("link", { name: "Transcript" }).click();
    await expect(page.locator(".session-transcript .line")).toHaveCount(2);
    await visit(page, `/sessions/new/${quiz}`);
    await visit(page, `/sessions/${session.id}/invite`);

    const named = [...asked.values()].filter(namesSomething);
    expect(named.length, "requests that name something").toBeGreaterThan(10);
    const before = await podium.rows(STATE);
    const http = await request.newContext({
      baseURL: podium.url,
      storageState: other,
      extraHTTPHeaders: { origin: podium.url },
    });
    const wrong: string[] = [];
    for (const it of asked.values()) {
      const told = await ask(http, it);
      // A page that posts is led on to a page that tells why; where that is, it is looked at like every other.
      const isNothing = told.status === 404 || (told.status === 303 && !told.text.includes(CANARY));
      if (namesSomething(it) && !isNothing) wrong.push(`${it.method} ${it.path} ${it.body ?? ""}: ${told.status}`);
      if (told.text.includes(CANARY)) wrong.push(`${it.method} ${it.path} tells of ${CANARY}`);
    }
    // The same walk in a browser of theirs finds nothing of it either.
    for (const path of ["/dashboard", "/quizzes", "/sessions", "/people", "/accounts", "/connections", "/notices", "/audit", "/people.csv", "/audit.csv"]) {
      const text = await (await http.get(path)).text();
      if (text.includes(CANARY)) wrong.push(`${path} tells of ${CANARY}`);
    }
    await http.dispose();
    expect(wrong).toEqual([]);
    expect(await podium.rows(STATE), "nothing of theirs has changed").toEqual(before);
    await desk.close();
  } finally {
    await podium.stop();
  }
});

/** The cookies of an owner of another organisation. */
async function signedInTo(podium: Podium, organisation: number): Promise<SignedIn> {
  const email = "bo@other.example";
  const password = await podium.account(email, "Bo King", "owner", organisation);
  const http = await request.newContext({ baseURL: podium.url, extraHTTPHeaders: { origin: podium.url } });
  const answer = await http.post("/login", { form: { email, password }, maxRedirects: 0 });
  expect(answer.headers()["location"]).toBe("/dashboard");
  const cookies = await http.storageState();
  await http.dispose();
  return cookies;
}

/** What would have changed. */
const STATE =
  "select (select count(*) from quiz), (select count(*) from session), (select count(*) from person), (select group_concat(last_name) from person), (select count(*) from timed_seat)";

/** Asks again, as whoever the cookies are of. */
async function ask(http: APIRequestContext, { method, path, body, type }: Asked): Promise<{ status: number; text: string }> {
  const headers = type ? { "content-type": type } : undefined;
  const answer = await http.fetch(path, { method, headers, data: body ?? undefined, maxRedirects: 0 });
  return { status: answer.status(), text: await answer.text() };
}
