// The host at the door: who may come in, who has to go, and rooms that know nothing of each other.
import type { Page } from "@playwright/test";
import { networkInterfaces } from "node:os";
import { Desk, RIGHT, WRONG, quickQuiz } from "../../desk.js";
import { expect, Podium, requests, test, visit } from "../../fixtures.js";
import { DEVICES, Room, answer, join, ranks, tile } from "../../room.js";

test("a locked room takes nobody new and keeps who is in", async ({ openRoom, visitor }) => {
  const room = await openRoom({ questions: 1 });
  const stage = await room.stage();
  const ada = await room.player("Ada");
  await room.host.getByRole("button", { name: "Lock room" }).click();
  await expect(stage.getByText("The door is locked, nobody new comes in")).toBeVisible();
  await ada.reload();
  await expect(ada.getByRole("heading", { level: 1 })).toContainText("in, Ada");
  const grace = await visitor(DEVICES.phone);
  await visit(grace, `/join/${room.code}`);
  await grace.getByLabel("Your name").fill("Grace");
  await grace.getByRole("button", { name: "Join the room" }).click();
  await expect(grace.getByLabel("Room code")).toHaveAccessibleDescription(/No open room has this code: mistyped, over or locked/);
  await expect(grace.getByLabel("Your name")).toHaveValue("Grace");

  await room.host.getByRole("button", { name: "Unlock room" }).click();
  await expect(room.host.getByRole("button", { name: "Lock room" })).toBeVisible();
  await grace.getByRole("button", { name: "Join the room" }).click();
  await expect(grace.getByRole("heading", { level: 1 })).toContainText("in, Grace");
});

test("who is removed may come back, who is blocked may not", async ({ openRoom }) => {
  const room = await openRoom({ questions: 1 });
  const [ada, grace] = [await room.player("Ada"), await room.player("Grace")];
  await sendAway(room, "Ada", "Remove may come back");
  await expect(ada.getByRole("heading", { level: 1 })).toHaveText("The host took you out of the room");
  await ada.reload();
  await expect(ada.getByRole("heading", { level: 1 })).toHaveText("The host took you out of the room");
  await ada.getByRole("link", { name: "Join again" }).click();
  await join(ada, room.code, "Ada again");

  await sendAway(room, "Grace", "Block for good");
  await expect(grace.locator(".play-ended")).toBeVisible();
  await grace.reload();
  await expect(grace.getByRole("heading", { level: 1 })).toHaveText("The host does not let you back in");
  await visit(grace, `/join/${room.code}`);
  await grace.getByLabel("Your name").fill("Grace again");
  await grace.getByRole("button", { name: "Join the room" }).click();
  await expect(grace.getByRole("alert")).toContainText("The host does not let you into this room");
  await expect(room.host.locator(".host-people .rows > li")).toHaveText([/^Ada again/]);
});

async function sendAway(room: Room, name: string, way: string): Promise<void> {
  await room.host.getByRole("button", { name: `Remove ${name}` }).click();
  await room.host.getByRole("group", { name: `Remove ${name}` }).getByRole("button", { name: way }).click();
}

test("two rooms at once never mix", async ({ openRoom, visitor }) => {
  const [blue, red] = [await openRoom({ questions: 2, title: "Blue" }), await openRoom({ questions: 2, title: "Red" })];
  const [blueStage, redStage] = [await blue.stage(), await red.stage()];
  const [ada, grace] = [await blue.player("Ada"), await red.player("Grace")];
  // One browser can hold a seat in both; the same name is free in each.
  const both = await visitor(DEVICES.phone);
  await join(both, blue.code, "Linus");
  const second = await both.context().newPage();
  await join(second, red.code, "Linus");

  await blue.press("Start the quiz");
  await answer(ada, RIGHT);
  await answer(both, WRONG);
  await expect(blue.heading).toHaveText("Answer to question 1 of 2");
  await expect(red.heading).toHaveText("Start when everyone is in");
  await expect(second.getByRole("heading", { level: 1 })).toContainText("in, Linus");
  await red.press("Start the quiz");
  await answer(second, RIGHT);
  await answer(grace, WRONG);
  await blue.press("Show the standings");
  await red.press("Show the standings");
  await expect(blueStage.locator(".leaderboard > li")).toHaveCount(2);
  await expect(redStage.locator(".leaderboard > li")).toHaveCount(2);
  const names = async (stage: Page) => (await ranks(stage.locator(".leaderboard > li"))).map((row) => row.split(" ")[0]);
  expect(await names(blueStage)).toEqual(["Ada", "Linus"]);
  expect(await names(redStage)).toEqual(["Linus", "Grace"]);
  await expect(both.getByRole("heading", { level: 1 })).toHaveText("You are 2nd");
  await expect(second.getByRole("heading", { level: 1 })).toHaveText("You are 1st");
});

test("a player's first page and a round of play ask for nothing that only admins need", async ({ openRoom, visitor }) => {
  const room = await openRoom({ questions: 1 });
  const ada = await visitor(DEVICES.phone);
  const loaded = requests(ada);
  await join(ada, room.code, "Ada");
  await room.press("Start the quiz");
  await answer(ada);
  await expect(ada.getByRole("heading", { level: 1 })).toContainText("Right, in");
  await room.press("Show the podium");
  await expect(ada.getByRole("heading", { level: 1 })).toHaveText("You won!");
  const files = [...new Set(loaded)].filter((path) => path.startsWith("/pkg/")).map((path) => path.split("/").at(-1)!);
  const code = files.filter((file) => /\.(wasm|js|css)$/.test(file));
  // Chunks are what several lazy routes share; `split` is what one of them has for itself.
  const own = code.filter((file) => !file.startsWith("chunk_")).sort();
  expect(own).toEqual([
    expect.stringMatching(/^__wasm_split\..*\.js$/),
    "podium.css",
    "podium.js",
    "podium.wasm",
    expect.stringMatching(/^split_.*play.*\.wasm$/),
  ]);
  expect(loaded.filter((path) => path.endsWith("/work.css")), "how the pages of hosts look is theirs to load").toEqual([]);
  const atOnce = loaded.slice(0, loaded.indexOf(`/play/${room.code}`));
  expect(atOnce.filter((path) => path.includes("play") && path.endsWith(".wasm")), "the game's code comes while the name is typed").toHaveLength(1);
});

test("a phone on plain http by a network address can play", async ({ visitor, complaints }) => {
  // Browsers say at every page that came in the open that this header needs https.
  complaints.expect(/Cross-Origin-Opener-Policy header has been ignored/);
  const outside = Object.values(networkInterfaces()).flat().find((own) => own?.family === "IPv4" && !own.internal);
  const podium = await Podium.startAt(`${outside?.address ?? "127.0.0.2"}:0`);
  try {
    const desk = await Desk.setUp(podium);
    const room = await Room.open(await desk.write(quickQuiz(1)), desk, (options) => visitor({ baseURL: podium.url, ...options }));
    const ada = await room.player("Ada");
    if (outside) {
      expect(await ada.evaluate(() => [isSecureContext, "wakeLock" in navigator])).toEqual([false, false]);
      await expect(room.host.getByText("This page came over plain http")).toBeVisible();
    }
    await room.press("Start the quiz");
    await tile(ada, RIGHT).tap();
    await expect(ada.getByRole("heading", { level: 1 })).toContainText("Right, in");
    await desk.close();
  } finally {
    await podium.stop();
  }
});
