// People who go away and come back: by reload, by the back button, on another device, after an outage.
import { setTimeout as pause } from "node:timers/promises";
import type { Page } from "@playwright/test";
import { Desk, RIGHT, WRONG, quickQuiz } from "../../desk.js";
import { expect, hydrated, Podium, test, visit } from "../../fixtures.js";
import { DEVICES, Room, type Visitor, alive, answer, tile } from "../../room.js";

test("reload, back button and a second device lead to the same seat in every phase", async ({ desk, openRoom, visitor }) => {
  test.setTimeout(180_000);
  const quiz = quickQuiz(3);
  quiz.questions[0]!.reading_ms = 60_000;
  const room = await openRoom(await desk.write(quiz));
  const stage = await room.stage();
  const ada = await room.player("Ada");
  const grace = await room.player("Grace");
  const heading = (page: Page) => page.getByRole("heading", { level: 1 });

  async function comeBack(phase: string): Promise<void> {
    await test.step(phase, async () => {
      const before = await heading(ada).textContent();
      const same = async (page: Page) => {
        await hydrated(page);
        await expect(heading(page)).toHaveText(before!);
        await expect(page.locator(".play-head")).toContainText("Ada");
      };
      await ada.reload();
      await same(ada);
      await ada.goto("/");
      await ada.goBack();
      await same(ada);
      await alive(ada);
      const other = await secondDevice(ada, visitor);
      await same(other);
      await alive(other);
      await other.context().close();
      for (const page of [room.host, stage]) {
        const shown = await heading(page).textContent();
        await page.reload();
        await hydrated(page);
        await expect(heading(page)).toHaveText(shown!);
      }
    });
  }

  await comeBack("lobby");
  await room.press("Start the quiz");
  await expect(heading(ada)).toContainText("number 1");
  await comeBack("reading");
  await room.host.getByRole("button", { name: "Skip question" }).click();
  await expect(heading(ada)).toContainText("number 2");
  await comeBack("answering");
  await answer(ada);
  await comeBack("answered");
  await expect(ada.getByText("Taken. Now look at the stage.")).toBeVisible();
  await answer(grace, WRONG);
  await expect(heading(ada)).toContainText("Right, in");
  await comeBack("reveal");
  await room.press("Show the standings");
  await expect(heading(ada)).toHaveText("You are 1st");
  await comeBack("standings");
  await room.press("Next question");
  await answer(ada);
  await answer(grace);
  await room.press("Show the podium");
  await expect(heading(ada)).toHaveText("You won!");
  await comeBack("podium");
  await expect(room.host.locator(".host-people .rows > li"), "no seat was taken twice").toHaveCount(2);
});

test("a ticket for another device is good once", async ({ openRoom, visitor, complaints }) => {
  complaints.expect(/status of 404/);
  const room = await openRoom({ questions: 1 });
  const ada = await room.player("Ada");
  const url = await ticketUrl(ada);
  const other = await visitor(DEVICES.phone);
  await visit(other, url);
  await expect(other.getByRole("heading", { level: 1 })).toHaveText("Go on as Ada?");
  // Looking changes nothing: previews and scanners look too.
  await other.reload();
  await other.getByRole("button", { name: "Go on here" }).click();
  await expect(other.getByRole("heading", { level: 1 })).toContainText("in, Ada");
  const third = await visitor(DEVICES.phone);
  await visit(third, url);
  await expect(third.getByRole("heading", { level: 1 })).toHaveText("This code has ended");
});

test("outages of ten and of sixty seconds cost nobody the seat", async ({ visitor, network, complaints }) => {
  test.setTimeout(150_000);
  complaints.expect(/WebSocket connection to|ERR_/);
  // Signs of life come often, so that a dead zone is noticed within seconds.
  const podium = await Podium.start("--heartbeat-ms", "2000");
  try {
    const desk = await Desk.setUp(podium);
    const at: Visitor = (options) => visitor({ baseURL: podium.url, ...options });
    const room = await Room.open(await desk.write(quickQuiz(3)), desk, at);
    const [near, far] = [await network(podium), await network(podium)];
    const ada = await room.player("Ada");
    const grace = await room.player("Grace", { baseURL: near.url });
    const linus = await room.player("Linus", { baseURL: far.url });
    await room.press("Start the quiz");
    for (const player of [ada, grace, linus]) await expect(tile(player, RIGHT)).toBeVisible();

    // Grace's access point goes, Linus walks into a dead zone. Both answer all the same.
    const left = Date.now();
    near.cut();
    far.silence();
    await expect(grace.getByText("Reconnecting… Your seat is safe.")).toBeVisible();
    await tile(grace, RIGHT).click();
    await expect(grace.getByText("Kept. It goes out when you are back.")).toBeVisible();
    await expect(linus.getByText("Reconnecting… Your seat is safe.")).toBeVisible();
    await tile(linus, RIGHT).click();
    await expect(room.host.locator(".host-health")).toContainText("1 here · 2 away");
    await until(left, 10_000);
    near.mend();
    await expect(grace.getByText("You are back, nothing was lost.")).toBeVisible({ timeout: 20_000 });
    // In time: nobody had ended the question.
    await expect(grace.getByText("Taken. Now look at the stage.")).toBeVisible();
    await expect(room.host.locator(".stage-answered")).toContainText("1 of");

    // The game goes on without Linus.
    await answer(ada, RIGHT);
    await expect(room.heading).toHaveText("Answer to question 1 of 3");
    await room.press("Show the standings");
    await room.press("Next question");
    await answer(ada, RIGHT);
    await expect(linus.getByText("Offline. Your seat and your points are safe.")).toBeVisible({ timeout: 60_000 });
    await until(left, 60_000);
    far.cut();
    far.mend();
    await linus.getByRole("button", { name: "Reconnect" }).click();
    await expect(linus.getByRole("heading", { level: 1 })).toContainText("number 2");
    await expect(linus.getByText("This answer came after its question, it does not count.")).toBeVisible();
    await answer(linus, WRONG);
    await answer(grace, WRONG);
    await expect(room.heading).toHaveText("Answer to question 2 of 3");
    await expect(room.host.locator(".host-people .rows > li"), "no seat was taken twice").toHaveCount(3);
    expect(await podium.rows("select turn, count(*) from answer group by turn order by turn")).toEqual([
      [1, 2],
      [2, 3],
    ]);
    await desk.close();
  } finally {
    await podium.stop();
  }
});

test("a phone that is told of the outage says so and is back at once", async ({ openRoom, complaints }) => {
  complaints.expect(/ERR_INTERNET_DISCONNECTED|WebSocket connection to/);
  const room = await openRoom({ questions: 1 });
  const ada = await room.player("Ada");
  await room.press("Start the quiz");
  await expect(tile(ada, RIGHT)).toBeVisible();
  await ada.context().setOffline(true);
  await tile(ada, RIGHT).click();
  await ada.context().setOffline(false);
  await expect(ada.getByRole("heading", { level: 1 })).toContainText("Right, in");
});

test("an answer that comes too late says so", async ({ openRoom, network }) => {
  const dead = await network();
  const room = await openRoom({ questions: 2, limitSeconds: 5 });
  const ada = await room.player("Ada", { baseURL: dead.url });
  const grace = await room.player("Grace");
  await room.press("Start the quiz");
  await expect(tile(ada, RIGHT)).toBeVisible();
  dead.silence();
  await tile(ada, RIGHT).click();
  await expect(ada.getByText("Sent, on its way…")).toBeVisible();
  await expect(grace.getByRole("heading", { level: 1 })).toHaveText("No answer this time");
  dead.mend();
  await expect(ada.getByRole("heading", { level: 1 })).toHaveText(/^Too late by \d+\.\d s, this one does not count$/);
  await expect(room.host.locator(".stage-answered")).toContainText("0 of 0 answers right");
});

test("the host's tab may close: players read so, and the host returns into the running game", async ({ desk, openRoom, visitor }) => {
  const room = await openRoom({ questions: 2 });
  const stage = await room.stage();
  const ada = await room.player("Ada");
  await room.press("Start the quiz");
  await expect(tile(ada, RIGHT)).toBeVisible();
  await room.host.close();
  for (const page of [ada, stage]) await expect(page.getByText("The host is away, the game waits.")).toBeVisible();
  await answer(ada);
  await expect(ada.getByRole("heading", { level: 1 })).toContainText("Right, in");

  const back = await visitor({ ...DEVICES.desktop, storageState: await desk.signedIn() });
  await visit(back, "/quizzes");
  await back.locator(".room-card", { hasText: `${room.code.slice(0, 3)} ${room.code.slice(3)}` }).getByRole("link", { name: "Back to the host page" }).click();
  await expect(back.getByRole("heading", { level: 1 })).toHaveText("Answer to question 1 of 2");
  for (const page of [ada, stage]) await expect(page.getByText("The host is away, the game waits.")).toBeHidden();
  await back.getByRole("button", { name: "Show the standings" }).click();
  await expect(ada.getByRole("heading", { level: 1 })).toHaveText("You are 1st");
});

/** Waits until so much time has gone by: the length of an outage is what is tried here. */
async function until(start: number, length: number): Promise<void> {
  await pause(Math.max(0, start + length - Date.now()));
}

/** The address in the code for another device. */
async function ticketUrl(player: Page): Promise<string> {
  const asked = player.waitForResponse((response) => response.url().endsWith("/api/device_ticket"));
  await player.getByRole("button", { name: "Use another device" }).click();
  const { url } = (await (await asked).json()) as { url: string };
  await expect(player.getByRole("img", { name: "Code for the other device" })).toBeVisible();
  await player.getByRole("button", { name: "Close" }).click();
  return url;
}

/** Opens the seat on another phone by the code. */
async function secondDevice(player: Page, visitor: Visitor): Promise<Page> {
  const other = await visitor(DEVICES.phone);
  await visit(other, await ticketUrl(player));
  await other.getByRole("button", { name: "Go on here" }).click();
  await other.waitForURL("**/play/*");
  return other;
}
