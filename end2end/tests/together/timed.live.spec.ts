// A timed session from its participants' side, while its hosts look on: the way from the link to the summary, the end of the
// time, more time, and a link that is taken back.
import { startCountdown } from "../../clients/page.js";
import { RIGHT, WRONG, quickQuiz } from "../../desk.js";
import { audit, expect, test, visit } from "../../fixtures.js";
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

test("somebody on a phone goes from the link to the summary, and two hosts see it as it happens", async ({ visitor, desk, network, complaints }) => {
  complaints.expect(/WebSocket connection to|ERR_/);
  const session = await desk.openTimed(await desk.write(quickQuiz(3, { title: "Onboarding" })), { minutes: "20" }, "Ada");
  const storageState = await desk.signedIn();
  const hosts = [await visitor({ ...DEVICES.desktop, storageState }), await visitor({ ...DEVICES.phone, storageState })];
  for (const host of hosts) await visit(host, `/sessions/${session.id}`);
  const told = (text: string | RegExp) => Promise.all(hosts.map((host) => expect(host.locator("tr", { hasText: "Ada Timed" })).toContainText(text)));
  await told("Invited");

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

  const [host] = hosts;
  const [file] = await Promise.all([host!.waitForEvent("download"), host!.getByRole("link", { name: "Download answers" }).click()]);
  expect(file.suggestedFilename()).toMatch(/\.csv$/);
});

test("the time is up for who looks, who is away and who is another program, and not for who was given more", async ({ visitor, desk, network, complaints }) => {
  test.setTimeout(120_000);
  complaints.expect(/WebSocket connection to|ERR_/);
  const quiz = await desk.write(quickQuiz(2, { title: "Fifteen seconds" }));
  const session = await desk.openTimed(quiz, { minutes: "0.25" }, "Looks", "Away", "Other", "More");
  const host = await visitor({ ...DEVICES.desktop, storageState: await desk.signedIn() });
  await visit(host, `/sessions/${session.id}`);
  const near = await network();
  const start = async (name: string, visit: Visitor = visitor) => {
    const page = await visit(DEVICES.phone);
    await follow(page, session.links[name]!);
    await page.getByRole("button", { name: "Start" }).click();
    await expect(page.locator(".timed-question")).toBeVisible();
    return page;
  };

  const more = await start("More");
  await host.getByRole("button", { name: "Manage More Timed" }).click();
  await host.getByRole("dialog", { name: "More Timed" }).getByRole("button", { name: "+1 min" }).click();
  await expect(more.getByRole("timer")).toContainText(/01:\d\d/);

  const [looks, away, other] = await Promise.all([
    start("Looks"),
    start("Away", (options) => visitor({ ...options, baseURL: near.url })),
    start("Other"),
  ]);
  await choose(away, RIGHT);
  await expect(away.locator(".saved")).toHaveText("all saved");
  near.cut();
  const countdown = await startCountdown(other, session.id);
  await expect.poll(() => countdown("remaining")).toBeGreaterThan(0);
  const first = (await countdown("remaining"))!;
  await expect.poll(() => countdown("remaining")).toBeLessThan(first);

  await expect(looks.getByRole("heading", { level: 1 })).toHaveText("Time is up", { timeout: 30_000 });
  await expect(other).toHaveURL(/\/session\/expired$/, { timeout: 30_000 });
  await expect(other.getByRole("heading", { level: 1 })).toHaveText("Time is up");
  await expect(host.getByRole("row", { name: /Away Timed/ })).toContainText("Time is up", { timeout: 30_000 });
  near.mend();
  await expect(away.getByRole("heading", { level: 1 })).toHaveText("Time is up", { timeout: 40_000 });
  await expect(away.locator(".numbers")).toContainText("1,000 of 2,000");
  await expect(more.locator(".timed-question")).toBeVisible();
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
