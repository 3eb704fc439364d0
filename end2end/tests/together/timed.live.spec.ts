// A timed session from its participants' side, while its hosts look on: the way from the link to the summary, the end of the
// time, more time, and a link that is taken back.
import { startCountdown } from "../../clients/page.js";
import { Desk, RIGHT, WRONG, quickQuiz } from "../../desk.js";
import { audit, download, expect, Podium, table, test, visit } from "../../fixtures.js";
import { DEVICES, type Visitor } from "../../room.js";
import type { Page } from "@playwright/test";

/** Opens a personal link and waits for the page that it leads to. */
async function follow(page: Page, link: string): Promise<void> {
  await visit(page, link);
  await expect(page).toHaveURL(/\/session\/\w{6}$/);
}

/** Chooses an answer. */
async function choose(page: Page, text: string): Promise<void> {
  await page.locator("label.option", { hasText: text }).click();
}

/** Follows a personal link on a phone and starts. */
async function begin(visitor: Visitor, link: string): Promise<Page> {
  const page = await visitor(DEVICES.phone);
  await follow(page, link);
  await page.getByRole("button", { name: "Start" }).click();
  await expect(page.locator(".timed-question")).toBeVisible();
  return page;
}

/** Puts a page to sleep, as phones do with what nobody looks at: nothing of it runs until the returned function wakes it. */
async function sleep(page: Page): Promise<() => Promise<void>> {
  const chromium = await page.context().newCDPSession(page);
  await chromium.send("Page.setWebLifecycleState", { state: "frozen" });
  return async () => {
    await chromium.send("Page.setWebLifecycleState", { state: "active" });
    await chromium.detach();
  };
}

test("somebody on a phone goes from the link to the summary, and two hosts see it as it happens", async ({ visitor, desk, network, complaints }) => {
  complaints.expect(/WebSocket connection to|ERR_/);
  const session = await desk.openTimed(await desk.write(quickQuiz(3, { title: "Onboarding" })), { minutes: "20" }, "Ada");
  const storageState = await desk.signedIn();
  const hosts = [await visitor({ ...DEVICES.desktop, storageState }), await visitor({ ...DEVICES.phone, storageState })];
  for (const host of hosts) await visit(host, `/sessions/${session.id}`);
  const told = (text: string | RegExp) => Promise.all(hosts.map((host) => expect(host.locator("tr", { hasText: "Ada Timed" })).toContainText(text)));
  await told("Invited");
  // One of them invites somebody else; the other one sees it.
  await desk.addPerson("Grace", "Timed", "", "late");
  await hosts[0]!.getByRole("link", { name: "Invite people" }).click();
  await hosts[0]!.getByRole("checkbox", { name: /Grace Timed/ }).check();
  await hosts[0]!.getByRole("button", { name: "Invite the chosen ones" }).click();
  for (const host of hosts) await expect(host.locator("tr", { hasText: "Grace Timed" })).toContainText("Invited");

  const near = await network();
  const phone = await visitor({ ...DEVICES.phone, baseURL: near.url });
  await follow(phone, session.links.Ada!);
  await expect(phone.getByText("Welcome, Ada Timed")).toBeVisible();
  await expect(phone.locator(".facts")).toContainText("3 questions in 20 min");
  await audit(phone);
  await told("Opened");
  await phone.getByRole("button", { name: "Start" }).click();
  await expect(phone.getByRole("heading", { level: 1 })).toHaveText("Which answer is right, number 1?");
  await expect(phone.getByRole("timer")).toContainText(/(20:00|19:\d\d)/);
  await told("Under way");
  await choose(phone, WRONG);
  await expect(phone.locator(".saved")).toHaveText("all saved");
  await told("1 / 3");

  // A choice is changed where the way back is open; without a connection it waits on the device.
  await choose(phone, RIGHT);
  await expect(phone.locator(".saved")).toHaveText("all saved");
  await phone.getByRole("button", { name: "Next question" }).click();
  await expect(phone.getByRole("heading", { level: 1 })).toHaveText("Which answer is right, number 2?");
  near.cut();
  await expect(phone.locator(".notice")).toContainText("Reconnecting");
  await choose(phone, RIGHT);
  await expect(phone.locator(".saved")).toHaveText("kept here until you are connected");
  near.mend();
  await expect(phone.locator(".saved")).toHaveText("all saved", { timeout: 40_000 });
  await told("2 / 3");
  await audit(phone);

  await phone.getByText("Overview and handing in").click();
  await phone.getByRole("button", { name: "Hand in" }).click();
  await expect(phone.getByRole("heading", { level: 1 })).toHaveText("Handed in");
  await expect(phone.locator(".numbers")).toContainText("2,000 of 3,000");
  await expect(phone.locator(".numbers")).toContainText("2 of 3");
  await expect(phone.locator(".review .line")).toHaveCount(3);
  await audit(phone);
  await told("Finished");
  // A reload and the link itself lead to the same.
  await phone.reload();
  await expect(phone.locator(".numbers")).toContainText("2,000 of 3,000");
  await follow(phone, session.links.Ada!);
  await expect(phone.getByRole("heading", { level: 1 })).toHaveText("Handed in");


  // What is left of it: the answers of all as a file, the result and the transcript as pages, on paper and as files.
  const host = hosts[0]!;
  const answers = table(await download(host, "Download answers", /\.csv$/));
  expect(answers.map((row) => [row.name, row.question, row.answer, row.points])).toEqual([
    ["Ada Timed", "1", RIGHT, "1000"],
    ["Ada Timed", "2", RIGHT, "1000"],
  ]);
  await host.getByRole("link", { name: "Result of Ada Timed" }).click();
  await expect(host.locator(".session-result .numbers")).toContainText("2,000 of 3,000");
  const lines = table(await download(host, "Download as CSV", /\.csv$/));
  expect(lines.map((row) => [row.place, row.answer, row.points])).toEqual([["1", RIGHT, "1000"], ["2", RIGHT, "1000"], ["3", "", "0"]]);
  const record = JSON.parse(await download(host, "Download as JSON", /\.json$/));
  expect(record.lines.map((line: { prompt: string }) => line.prompt)).toEqual([1, 2, 3].map((number) => `Which answer is right, number ${number}?`));
  // The first question was answered twice.
  expect(record.lines.map((line: { given: unknown[] }) => line.given.length)).toEqual([2, 1, 0]);
  await host.getByRole("link", { name: "Transcript" }).click();
  const shown = host.locator(".session-transcript .line");
  await expect(shown).toHaveCount(3);
  await expect(shown.nth(0)).toContainText(WRONG);
  await expect(shown.nth(2)).toContainText("Not answered");
  await audit(host);
  await host.emulateMedia({ media: "print" });
  await expect(shown.nth(2)).toBeVisible();
  await expect(host.getByRole("navigation", { name: "Sections" })).toBeHidden();
  await expect(host.getByRole("button", { name: "Print" })).toBeHidden();
});

test("the time is up for who looks, who is away, who sleeps and who is another program", async ({ visitor, desk, network, complaints }) => {
  test.setTimeout(120_000);
  complaints.expect(/WebSocket connection to|ERR_/);
  const quiz = await desk.write(quickQuiz(2, { title: "Fifteen seconds" }));
  const session = await desk.openTimed(quiz, { minutes: "0.25" }, "Looks", "Away", "Sleeps", "Other");
  const host = await visitor({ ...DEVICES.desktop, storageState: await desk.signedIn() });
  await visit(host, `/sessions/${session.id}`);
  const near = await network();
  const [looks, away, sleeps, other] = await Promise.all([
    begin(visitor, session.links.Looks!),
    begin((options) => visitor({ ...options, baseURL: near.url }), session.links.Away!),
    begin(visitor, session.links.Sleeps!),
    begin(visitor, session.links.Other!),
  ]);
  await choose(away, RIGHT);
  await expect(away.locator(".saved")).toHaveText("all saved");
  near.cut();
  const wake = await sleep(sleeps);
  const countdown = await startCountdown(other, session.id);
  await expect.poll(() => countdown("remaining")).toBeGreaterThan(0);
  const first = (await countdown("remaining"))!;
  await expect.poll(() => countdown("remaining")).toBeLessThan(first);

  await expect(looks.getByRole("heading", { level: 1 })).toHaveText("Time is up", { timeout: 30_000 });
  await expect(other).toHaveURL(/\/session\/expired$/, { timeout: 30_000 });
  await expect(other.getByRole("heading", { level: 1 })).toHaveText("Time is up");
  for (const name of [/Away Timed/, /Sleeps Timed/]) {
    await expect(host.getByRole("row", { name })).toContainText("Time is up", { timeout: 30_000 });
  }
  near.mend();
  await wake();
  await expect(away.getByRole("heading", { level: 1 })).toHaveText("Time is up", { timeout: 40_000 });
  await expect(away.locator(".numbers")).toContainText("1,000 of 2,000");
  await expect(sleeps.getByRole("heading", { level: 1 })).toHaveText("Time is up", { timeout: 40_000 });
});

test("in the last minute the host gives one of two more time, and nobody else hears of it", async ({ visitor, desk }) => {
  test.setTimeout(120_000);
  const quiz = await desk.write(quickQuiz(2, { title: "One minute and a bit" }));
  const session = await desk.openTimed(quiz, { minutes: "1.2" }, "More", "Same");
  const host = await visitor({ ...DEVICES.desktop, storageState: await desk.signedIn() });
  await visit(host, `/sessions/${session.id}`);
  const [more, same] = await Promise.all([begin(visitor, session.links.More!), begin(visitor, session.links.Same!)]);
  const warned = (page: Page) => expect(page.getByRole("status").filter({ hasText: "1 minute left." })).toBeAttached({ timeout: 30_000 });
  await Promise.all([more, same].map(warned));
  await expect(more.getByRole("timer")).toContainText(/00:\d\d/);
  await host.getByRole("button", { name: "Manage More Timed" }).click();
  await host.getByRole("dialog", { name: "More Timed" }).getByRole("button", { name: "+1 min" }).click();
  await expect(more.getByRole("timer")).toContainText(/01:\d\d/);
  await expect(same.getByRole("timer")).toContainText(/00:\d\d/);
  await expect(same.getByRole("heading", { level: 1 })).toHaveText("Time is up", { timeout: 60_000 });
  await choose(more, RIGHT);
  await expect(more.locator(".saved")).toHaveText("all saved");
  await expect(host.getByRole("row", { name: /More Timed/ })).toContainText("1 / 2");
});

test("the server is killed and comes back, then stands still, and nobody's time is another one for it", async ({ visitor, complaints }) => {
  test.setTimeout(120_000);
  complaints.expect(/WebSocket connection to|ERR_/);
  const podium = await Podium.start();
  try {
    const desk = await Desk.setUp(podium);
    const here: Visitor = (options) => visitor({ baseURL: podium.url, ...options });
    const session = await desk.openTimed(await desk.write(quickQuiz(2, { title: "Half a minute" })), { minutes: "0.5" }, "Ada", "Grace");
    const [ada, grace] = await Promise.all([begin(here, session.links.Ada!), begin(here, session.links.Grace!)]);
    await choose(ada, RIGHT);
    await expect(ada.locator(".saved")).toHaveText("all saved");
    await podium.kill();
    await expect(ada.locator(".notice")).toContainText("Reconnecting");
    await choose(grace, RIGHT);
    await expect(grace.locator(".saved")).toHaveText("kept here until you are connected");
    await podium.run();
    await expect(grace.locator(".saved")).toHaveText("all saved", { timeout: 20_000 });
    await podium.freeze(3_000);
    await expect(ada.getByRole("heading", { level: 1 })).toHaveText("Time is up", { timeout: 40_000 });
    await expect(grace.getByRole("heading", { level: 1 })).toHaveText("Time is up", { timeout: 40_000 });
    for (const page of [ada, grace]) await expect(page.locator(".numbers")).toContainText("1,000 of 2,000");
    for (const { state, started_at, ended_at } of Object.values(await desk.seats(session.id))) {
      expect([state, ended_at! - started_at!]).toEqual(["expired", 30_000]);
    }
    await desk.close();
  } finally {
    await podium.stop();
  }
});

test("a link that is taken back ends an open page, and opens nothing any more", async ({ visitor, desk, complaints }) => {
  complaints.expect(/WebSocket connection to|status of 404/);
  const session = await desk.openTimed(await desk.write(quickQuiz(1, { title: "Taken back" })), { minutes: "5" }, "Eve");
  const eve = await visitor(DEVICES.phone);
  await follow(eve, session.links.Eve!);
  await eve.getByRole("button", { name: "Start" }).click();
  await expect(eve.locator(".timed-question")).toBeVisible();
  const host = await visitor({ ...DEVICES.desktop, storageState: await desk.signedIn() });
  await visit(host, `/sessions/${session.id}`);
  await host.getByRole("button", { name: "Manage Eve Timed" }).click();
  const panel = host.getByRole("dialog", { name: "Eve Timed" });
  await panel.getByRole("button", { name: /Revoke/ }).click();
  await panel.getByRole("button", { name: "Revoke it" }).click();
  await expect(eve.getByRole("heading", { level: 1 })).toHaveText("This link has ended");
  await visit(eve, session.links.Eve!);
  await expect(eve.getByRole("heading", { level: 1 })).toHaveText("This link opens nothing");
});
