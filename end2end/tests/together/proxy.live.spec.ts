// Behind nginx and Caddy with the files that operators copy, over https and below a path: the same evening as without.
import { type BrowserContextOptions, type Page } from "@playwright/test";
import { request } from "node:https";
import { ADMIN, Desk, quickQuiz } from "../../desk.js";
import { expect, hydrated, Podium, requests, test, visit } from "../../fixtures.js";
import { type Kind, Proxy } from "../../proxy.js";
import { DEVICES, Room, type Visitor, answer, ranks } from "../../room.js";

/** Somebody who knows nothing but the address of a Podium. */
function at(podium: Podium, visitor: Visitor): Visitor {
  const place: BrowserContextOptions = { baseURL: `${podium.publicUrl}/`, ignoreHTTPSErrors: true };
  return (options) => visitor({ ...place, ...options });
}

async function behind(kind: Kind, base: "" | "/quiz", play: (podium: Podium) => Promise<void>): Promise<void> {
  const proxy = await Proxy.start(kind, base);
  try {
    await play(proxy.podium);
  } finally {
    await proxy.stop();
  }
}

test("a quiz is played on plain http", async ({ visitor }) => {
  const podium = await Podium.start();
  try {
    await playQuiz(podium, at(podium, visitor));
  } finally {
    await podium.stop();
  }
});

test("a quiz is played over https behind nginx", async ({ visitor }) => {
  await behind("nginx", "", (podium) => playQuiz(podium, at(podium, visitor)));
});

test("a quiz is played below a path behind nginx", async ({ visitor }) => {
  await behind("nginx", "/quiz", (podium) => playQuiz(podium, at(podium, visitor)));
});

test("a quiz is played over https behind Caddy", async ({ visitor }) => {
  await behind("caddy", "", (podium) => playQuiz(podium, at(podium, visitor)));
});

test("a quiz is played below a path behind Caddy", async ({ visitor }) => {
  await behind("caddy", "/quiz", (podium) => playQuiz(podium, at(podium, visitor)));
});

test("below a path an admin signs in, looks around and comes back to where the way began", async ({ visitor }) => {
  await behind("nginx", "/quiz", async (podium) => {
    const desk = await Desk.setUp(podium);
    const id = await desk.write(quickQuiz(1, { title: "Below a path" }));
    const page = await at(podium, visitor)(DEVICES.desktop);
    const asked = requests(page);
    await page.goto(`./quizzes/${id}`);
    await expect(page).toHaveURL(`${podium.publicUrl}/login?next=/quizzes/${id}`);
    await hydrated(page);
    await page.getByLabel("E-mail").fill(ADMIN.email);
    await page.getByLabel("Password", { exact: true }).fill("wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("alert")).toContainText("do not belong together");
    await page.getByLabel("Password", { exact: true }).fill(ADMIN.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page).toHaveURL(`${podium.publicUrl}/quizzes/${id}`);
    await hydrated(page);
    // Without another page load, with code that only this page has.
    await page.locator("#content").getByRole("link", { name: "Quizzes" }).click();
    await expect(page).toHaveURL(`${podium.publicUrl}/quizzes`);
    await page.getByRole("button", { name: "Copy Below a path" }).click();
    await page.getByRole("link", { name: /^Below a path \(copy\)/ }).click();
    await expect(page).toHaveURL(new RegExp(`^${podium.publicUrl}/quizzes/\\d+$`));
    await page.goBack();
    await expect(page).toHaveURL(`${podium.publicUrl}/quizzes`);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    expect(asked.filter((path) => !path.startsWith("/quiz/")), "asked for outside of the path").toEqual([]);
    // Who goes past the proxy is led to the public address.
    const { authority } = podium;
    const past = await visitor({ ...DEVICES.desktop, ignoreHTTPSErrors: true });
    await past.goto(`http://${authority}/login`);
    await past.waitForURL(`http://${authority}/quiz/login`);
    await past.close();
    await desk.close();
  });
});

for (const kind of ["nginx", "caddy"] as const) {
  test(`behind ${kind} nobody borrows another address to go on guessing`, async ({}) => {
    await behind(kind, "/quiz", async (podium) => {
      for (let n = 0; n < 20; n++) expect(await guess(podium, "127.0.0.2", `203.0.113.${n}`)).toBe(303);
      expect(await guess(podium, "127.0.0.2", "203.0.113.99")).toBe(429);
      expect(await guess(podium, "127.0.0.3", "203.0.113.99")).toBe(303);
    });
  });
}

/** `make soak` lets two phones lie on the table for half an hour; less shows only that the way of looking is right. */
const MINUTES = process.env.PODIUM_SOAK ? Number(process.env.PODIUM_SOAK_MINUTES ?? 30) : 0.1;
const HEARTBEAT_MS = MINUTES < 5 ? 1_500 : 30_000;

test("a phone that lies on the table stays connected, behind a proxy and without", async ({ visitor }) => {
  test.setTimeout(MINUTES * 60_000 + 120_000);
  const beats = ["--heartbeat-ms", String(HEARTBEAT_MS)];
  const proxy = await Proxy.start("nginx", "/quiz", ...beats);
  const direct = await Podium.start(...beats);
  try {
    const tables = await Promise.all([
      lieOnTheTable(proxy.podium, at(proxy.podium, visitor), MINUTES),
      lieOnTheTable(direct, at(direct, visitor), Math.min(MINUTES, 6)),
    ]);
    for (const lost of tables) expect(lost, "sockets that were closed or opened again").toEqual([]);
  } finally {
    await direct.stop();
    await proxy.stop();
  }
});

/** Two people are quiet in a lobby for a while, then play. Returns what happened to the player's socket meanwhile. */
async function lieOnTheTable(podium: Podium, visitor: Visitor, minutes: number): Promise<string[]> {
  const desk = await Desk.setUp(podium);
  const room = await Room.open(await desk.write(quickQuiz(1)), desk, visitor);
  const ada = await visitor(DEVICES.phone);
  const happened: string[] = [];
  let isOpen = false;
  ada.on("websocket", (socket) => {
    if (isOpen) happened.push("opened again");
    isOpen = true;
    socket.on("close", () => happened.push("closed"));
  });
  await visit(ada, `/join/${room.code}`);
  await ada.getByLabel("Your name").fill("Ada");
  await ada.getByRole("button", { name: "Join the room" }).click();
  await expect(ada.locator(".connection")).toContainText("Connected");
  await new Promise((resolve) => setTimeout(resolve, minutes * 60_000));
  await room.press("Start the quiz");
  await answer(ada);
  await expect(ada.getByRole("heading", { level: 1 })).toContainText("Right, in");
  await desk.close();
  return [...happened];
}

/** Host, stage and two phones, one of which is loaded again in the middle: from the code to the podium. */
async function playQuiz(podium: Podium, visitor: Visitor): Promise<void> {
  const desk = await Desk.setUp(podium);
  const room = await Room.open(await desk.write(quickQuiz(2)), desk, visitor);
  const stage = await room.stage();
  const here = podium.publicUrl.replace(/^https?:\/\//, "");
  await expect(stage.locator(".stage-lobby")).toContainText(here);
  const ada = await visitor(DEVICES.phone);
  const asked = requests(ada);
  await visit(ada, "/");
  await ada.getByLabel("Room code").fill(room.code);
  await ada.getByLabel("Your name").fill("Ada");
  await ada.getByRole("button", { name: "Join the room" }).click();
  await expect(ada.getByRole("heading", { level: 1 })).toContainText("in, Ada");
  const grace = await room.player("Grace");

  await room.press("Start the quiz");
  await answer(ada);
  await answer(grace);
  await expect(ada.getByRole("heading", { level: 1 })).toContainText("Right, in");
  await room.press("Show the standings");
  await room.press("Next question");
  await ada.reload();
  await hydrated(ada);
  await answer(ada);
  await answer(grace);
  await room.press("Show the podium");
  await expect(stage.locator(".podium > li")).toHaveCount(2);
  expect((await ranks(stage.locator(".podium > li"))).map((row) => row.split(" ")[0]).sort()).toEqual(["Ada", "Grace"]);
  await leave(room, ada);
  const base = new URL(podium.publicUrl).pathname.replace(/\/$/, "");
  expect(asked.filter((path) => !path.startsWith(`${base}/`)), "asked for outside of the path").toEqual([]);
  await desk.close();
}

/** The room closes, and the way on leads to the front door. */
async function leave(room: Room, player: Page): Promise<void> {
  await room.press("Close the room");
  await player.getByRole("link", { name: "Join another room" }).click();
  await expect(player.getByLabel("Room code")).toBeVisible();
}

/** Tries a wrong room code from another address of this machine, with an invented one in front. */
async function guess(podium: Podium, localAddress: string, invented: string): Promise<number> {
  const { origin } = new URL(podium.publicUrl);
  const headers = { origin, "x-forwarded-for": invented, "content-type": "application/x-www-form-urlencoded" };
  return new Promise((resolve, reject) => {
    const options = { method: "POST", localAddress, family: 4, rejectUnauthorized: false, headers };
    const asked = request(`${podium.publicUrl}/join`, options, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on("error", reject);
    asked.end("code=ZZZZZZ&name=Bo");
  });
}
