// The connection of a page: told in words, tried again as long as somebody wants it, and gone when nobody does.
import { setTimeout as pause } from "node:timers/promises";
import type { Locator, Page } from "@playwright/test";
import { Desk, RIGHT, quickQuiz } from "../../desk.js";
import { Podium, audit, expect, hydrated, test, visit } from "../../fixtures.js";
import { expectNoOverflow, expectTargets } from "../../layout.js";
import { DEVICES, Room, type Visitor, alive, answer, join, tile } from "../../room.js";
import { countListeners, countSockets, holdSocket, stir } from "../../sockets.js";

/** The state of the connection as a screen reader finds it; while the panel is open it stands there too. */
const state = (page: Page, words: string) => page.getByRole("status").filter({ hasText: new RegExp(`^${words}$`) }).first();

test("every live page tells its connection in words, and more in a panel that keys open and close", async ({ openRoom }) => {
  test.setTimeout(120_000);
  const room = await openRoom({ questions: 1 });
  const pages = { host: room.host, stage: await room.stage(), player: await room.player("Ada") };
  for (const [name, page] of Object.entries(pages)) {
    await test.step(name, async () => {
      await expect(state(page, "Connected")).toBeVisible();
      const before = await page.getByRole("heading", { level: 1 }).boundingBox();
      const button = page.getByRole("button", { name: "Connection details" });
      await button.focus();
      await page.keyboard.press("Enter");
      const panel = page.getByRole("dialog", { name: "Your connection" });
      await expect(panel).toBeVisible();
      expect(await page.locator("h1").boundingBox(), "nothing moves").toEqual(before);
      await expect(state(page, "Connected")).toBeVisible();
      await expect(figure(panel, "Connected since")).toHaveText(/ago$|^just now$/);
      await expect(figure(panel, "Latency, there and back")).toHaveText(/^\d+ ms$/);
      for (const label of ["Messages sent", "Messages received"]) await expect(figure(panel, label)).toHaveText(/^[1-9][\d,]*$/);
      for (const label of ["Not understood", "Reconnects"]) await expect(figure(panel, label)).toHaveText("0");
      await expect(figure(panel, "Last outage")).toHaveText("None");
      await expect(figure(panel, "Clock of this device")).toHaveText(/^On time$|^\d+\.\d s (ahead|behind)$/);
      await audit(page);
      await expectTargets(page);
      await expectNoOverflow(page);
      // A space would start the quiz if the host's page heard it.
      await panel.getByText("Last outage").click();
      await page.keyboard.press("l");
      await page.keyboard.press("Escape");
      await expect(panel).toBeHidden();
      await expect(button).toBeFocused();
      await page.setViewportSize({ width: 320, height: 568 });
      await page.keyboard.press("Enter");
      await expect(panel).toBeVisible();
      const box = (await panel.boundingBox())!;
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width).toBeLessThanOrEqual(320);
      await panel.getByRole("button", { name: "Close" }).click();
      await expect(panel).toBeHidden();
    });
  }
  await expect(room.host.getByRole("button", { name: "Lock room" }), "keys are the panel's while it is open").toBeVisible();
});

function figure(panel: Locator, label: string): Locator {
  return panel.locator("dl > div", { has: panel.page().getByText(label, { exact: true }) }).locator("dd");
}

test("a player's page says Offline after five tries, a host's and a stage's go on, and all are back at once", async ({ network, desk, visitor, complaints }) => {
  test.setTimeout(150_000);
  complaints.expect(/WebSocket connection to|ERR_/);
  const near = await network();
  const at: Visitor = (options) => visitor({ ...options, baseURL: near.url });
  const room = await Room.open(await desk.write(quickQuiz(1)), desk, at);
  const stage = await room.stage();
  const [ada, grace, linus] = [await room.player("Ada"), await room.player("Grace"), await room.player("Linus")];
  const sockets = countSockets(ada);
  near.cut();
  const cutAt = Date.now();
  for (const page of [room.host, stage, ada, grace, linus]) await expect(state(page, "Reconnecting…")).toBeVisible();
  await expect.poll(sockets, { message: "the first try", timeout: 3_000 }).toBeGreaterThanOrEqual(1);
  await expect.poll(sockets, { message: "the second try", timeout: 4_000 }).toBeGreaterThanOrEqual(2);
  await expect(state(ada, "Offline")).toBeVisible({ timeout: 45_000 });
  expect(sockets(), "tries until then").toBe(5);
  const seconds = (Date.now() - cutAt) / 1_000;
  expect(seconds, "1, 2, 4, 8 and 16 s, and up to a second more each").toBeGreaterThan(30);
  expect(seconds).toBeLessThan(45);
  for (const page of [grace, linus]) await expect(state(page, "Offline")).toBeVisible();
  for (const page of [room.host, stage]) await expect(state(page, "Reconnecting…")).toBeVisible();

  // A tap without a network tries and changes nothing; with one it is enough, and so is what the browser says.
  await ada.getByRole("button", { name: "Reconnect" }).click();
  await expect.poll(sockets).toBeGreaterThanOrEqual(6);
  await expect(state(ada, "Reconnecting…")).toBeVisible();
  near.mend();
  await grace.getByRole("button", { name: "Reconnect" }).click();
  await linus.evaluate(() => window.dispatchEvent(new Event("online")));
  // These may have come back by themselves meanwhile.
  for (const page of [room.host, stage]) {
    const tryNow = page.getByRole("button", { name: "Try now" });
    if (await tryNow.isVisible()) await tryNow.click({ timeout: 5_000 }).catch(() => undefined);
  }
  for (const page of [grace, linus, room.host, stage, ada]) await expect(state(page, "Connected")).toBeVisible({ timeout: 5_000 });
  await grace.getByRole("button", { name: "Connection details" }).click();
  const panel = grace.getByRole("dialog", { name: "Your connection" });
  await expect(figure(panel, "Reconnects")).toHaveText("1");
  await expect(figure(panel, "Last outage")).toHaveText(/^\d+ (s|min), /);
});

test("who leaves leaves nothing behind: no socket, no listener, no try", async ({ openRoom, visitor }) => {
  const room = await openRoom({ questions: 1 });
  const ada = await visitor(DEVICES.phone);
  const listeners = await countListeners(ada);
  await join(ada, room.code, "Ada");
  expect(await listeners(), "those of the link").toBeGreaterThanOrEqual(5);
  const sockets = countSockets(ada);
  await ada.getByRole("button", { name: "Connection details" }).click();
  await ada.getByRole("link", { name: "Leave the room" }).click();
  await expect(ada.getByRole("button", { name: "Join the room" })).toBeVisible();
  await expect(room.host.locator(".host-health")).toContainText("0 here");
  await expect.poll(listeners, { message: "the one of the front door's form" }).toBe(1);
  await stir(ada);
  // Longer than the first two waits.
  await pause(3_500);
  expect(sockets()).toBe(0);
  // The seat is still there for who comes back.
  await ada.goBack();
  await expect(ada.getByRole("heading", { level: 1 })).toContainText("in, Ada");
  await alive(ada);
  expect(sockets(), "one again").toBe(1);
});

test("after the end of the quiz no page tries again, not even when it is loaded anew", async ({ openRoom }) => {
  const room = await openRoom({ questions: 1 });
  const ada = await room.player("Ada");
  const sockets = [countSockets(ada), countSockets(room.host)];
  await room.press("Start the quiz");
  await answer(ada);
  await room.press("Show the podium");
  await room.press("Close the room");
  await expect(ada.getByRole("heading", { level: 1 })).toHaveText("Thank you for playing");
  await ada.reload();
  await hydrated(ada);
  await expect(ada.getByRole("heading", { level: 1 })).toHaveText("Thank you for playing");
  for (const page of [ada, room.host]) await stir(page);
  await pause(3_500);
  expect(sockets.map((count) => count())).toEqual([0, 0]);
});

test("the window that is used is the one that goes on", async ({ visitor }) => {
  const podium = await Podium.start("--links-per-seat-max", "1");
  try {
    const desk = await Desk.setUp(podium);
    const at: Visitor = (options) => visitor({ baseURL: podium.url, ...options });
    const room = await Room.open(await desk.write(quickQuiz(1)), desk, at);
    const ada = await room.player("Ada");
    const second = await ada.context().newPage();
    await visit(second, `/play/${room.code}`);
    await alive(second);
    await expect(ada.getByRole("heading", { level: 1 })).toHaveText("You play in another window");
    await ada.getByRole("button", { name: "Go on here" }).click();
    await alive(ada);
    await expect(second.getByRole("heading", { level: 1 })).toHaveText("You play in another window");

    const host = await room.host.context().newPage();
    await visit(host, `/host/${room.code}`);
    await alive(host);
    await expect(room.host.getByRole("alert")).toContainText("Open in another window.");
    await room.host.getByRole("button", { name: "Use this window" }).click();
    await alive(room.host);
    await expect(host.getByRole("alert")).toContainText("Open in another window.");
    await desk.close();
  } finally {
    await podium.stop();
  }
});

test("every end that the server gives is told with its reason and a way on, and nothing is tried", async ({ openRoom, desk, visitor }) => {
  test.setTimeout(180_000);
  const ends: [code: number, player: string, playersWay: string, host: string, hostsWay: string][] = [
    [1008, "This device has no seat here", "Join again", "Signed out.", "Sign in again"],
    [4401, "This device has no seat here", "Join again", "Signed out.", "Sign in again"],
    [4403, "The host took you out of the room", "Join again", "Removed by the host.", "To my quizzes"],
    [4404, "This room is over", "Join another room", "This room is not here any more.", "To my quizzes"],
    [4409, "You play in another window", "Go on here", "Open in another window.", "Use this window"],
    [4410, "The quiz is over", "See the results", "The quiz is over.", "See the results"],
  ];
  const room = await openRoom({ questions: 1 });
  const ada = await visitor(DEVICES.phone);
  const admin = { ...DEVICES.desktop, storageState: await desk.signedIn() };
  const [host, stage] = [await visitor(admin), await visitor(admin)];
  const held = [await holdSocket(ada), await holdSocket(host), await holdSocket(stage)];
  await join(ada, room.code, "Ada");
  for (const [code, reason, way, words, hostsWay] of ends) {
    await test.step(String(code), async () => {
      await visit(ada, `/play/${room.code}`);
      await visit(host, `/host/${room.code}`);
      await visit(stage, `/stage/${room.code}`);
      for (const page of [ada, host, stage]) await alive(page);
      const sockets = [ada, host, stage].map((page) => countSockets(page));
      for (const socket of held) await socket().close({ code, reason: "as told" });
      await expect(ada.getByRole("heading", { level: 1 })).toHaveText(reason);
      await expect(host.getByRole("alert")).toContainText(words);
      await expect(stage.locator(".stage-notice")).toContainText(words);
      for (const [page, name] of [[ada, way], [host, hostsWay], [stage, hostsWay]] as const) {
        await expect(page.getByRole("link", { name }).or(page.getByRole("button", { name }))).toBeVisible();
        await stir(page);
      }
      await pause(2_500);
      expect(sockets.map((count) => count())).toEqual([0, 0, 0]);
    });
  }
});

test("what a page cannot read does no harm", async ({ openRoom, visitor }) => {
  const room = await openRoom({ questions: 1 });
  const ada = await visitor(DEVICES.phone);
  const socket = await holdSocket(ada);
  await join(ada, room.code, "Ada");
  for (const text of ["", "garbage", "{}", "[1]", '{"type":"session_update"}', '{"type":"refresh","data":{"version":2}}', '{"type":7}']) socket().send(text);
  await room.press("Start the quiz");
  await expect(tile(ada, RIGHT)).toBeVisible();
  await answer(ada);
  await expect(ada.getByRole("heading", { level: 1 })).toContainText("Right, in");
  await ada.getByRole("button", { name: "Connection details" }).click();
  await expect(figure(ada.getByRole("dialog"), "Not understood")).toHaveText("7");
});

test("an answer whose acknowledgement is lost is sent again and counted once", async ({ podium, openRoom, visitor }) => {
  const room = await openRoom({ questions: 2 });
  const ada = await visitor(DEVICES.phone);
  const asked: string[] = [];
  let lost = 0;
  await holdSocket(
    ada,
    (text) => (text.includes('"type":"answer_taken"') && lost++ === 0 ? null : text),
    (text) => text.includes('"type":"answer"') && asked.push((JSON.parse(text) as { correlation_id: string }).correlation_id),
  );
  await join(ada, room.code, "Ada");
  const grace = await room.player("Grace");
  await room.press("Start the quiz");
  await answer(ada);
  await expect.poll(() => asked.length).toBe(2);
  expect(asked[0], "the same command").toBe(asked[1]);
  await answer(grace);
  await expect(ada.getByRole("heading", { level: 1 })).toContainText("Right, in");
  const session = `(select id from session where code = '${room.code}' order by id desc limit 1)`;
  expect(await podium.rows(`select count(*) from answer where session_id = ${session} and seat = 1`)).toEqual([[1]]);
});
