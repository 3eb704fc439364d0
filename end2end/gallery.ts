// Every page in every state worth looking at: the audit walks through it, and the camera.
import { type Page, expect } from "@playwright/test";
import { Desk, type Quiz, quickQuiz } from "./desk.js";
import { Podium } from "./podium.js";
import { DEVICES, Room, type Visitor, answer, tile } from "./room.js";
import { hydrated, visit } from "./visit.js";

/** Is shown one page; the name says what it is. */
export type See = (name: string, page: Page) => Promise<void>;

/** The pages of people who are not in a room yet. */
export async function publicPages(desk: Desk, visitor: Visitor, see: See): Promise<void> {
  const code = await desk.open(await desk.write(quickQuiz(1)));
  const page = await visitor();
  for (const [name, address] of [
    ["join", "/"],
    ["join-code", `/join/${code}`],
    ["login", "/login"],
    ["setup-over", "/setup/over"],
    ["seat-over", "/seat/over"],
    ["not-found", "/no/such/page"],
  ] as const) {
    await visit(page, address);
    await see(name, page);
  }
  await visit(page, `/join/${code}`);
  await page.getByRole("button", { name: "Join the room" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
  await hydrated(page);
  await see("join-refused", page);
}

/** The page of the first minutes, of a Podium that has no admin yet. */
export async function setupPage(visitor: Visitor, see: See): Promise<void> {
  const podium = await Podium.start();
  try {
    const page = await visitor();
    await visit(page, await podium.setupUrl());
    await see("setup", page);
  } finally {
    await podium.stop();
  }
}

/** The pages of who makes quizzes. */
export async function workPages(desk: Desk, visitor: Visitor, see: See): Promise<void> {
  const page = await visitor({ storageState: await desk.signedIn() });
  await desk.open((await sample(desk)).id);
  await visit(page, "/notices");
  await see("notices-empty", page);
  await visit(page, "/dashboard");
  await expect(page.locator(".health-chart")).toHaveCount(8);
  await see("dashboard", page);
  await page.locator(".health-chart").first().getByText("As a table").click();
  await expect(page.locator(".health-chart details[open] tbody tr").first()).toBeVisible();
  await see("dashboard-table", page);
  await visit(page, "/connections");
  await expect(page.locator(".connections-table tbody tr").first()).toBeVisible();
  await see("connections", page);
  await page.getByRole("button", { name: /^Close the connection/ }).first().click();
  await expect(page.getByRole("dialog")).toBeVisible();
  await see("connections-close", page);
  await visit(page, "/quizzes");
  await see("quizzes", page);
  await visit(page, `/quizzes/${(await sample(desk)).id}`);
  await see("editor", page);
  await page.locator(".outline .row").nth(1).getByRole("button").click();
  await see("editor-question", page);
  const unfinished = quickQuiz(2);
  unfinished.title = "";
  unfinished.questions[0]!.options[0]!.text = "";
  await visit(page, `/quizzes/${await desk.write(unfinished)}`);
  await page.getByRole("button", { name: "Open a room" }).click({ force: true });
  await expect(page.locator(".todos")).toBeVisible();
  await see("editor-unfinished", page);
  await visit(page, "/people");
  await see("people-empty", page);
  await visit(page, "/people/new");
  await page.getByLabel("E-mail").fill("nobody");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.locator(".error-summary")).toBeVisible();
  await hydrated(page);
  await see("person-refused", page);
  await visit(page, "/people/import");
  await see("people-import", page);
  for (const [first, last, email, tags] of PEOPLE) await desk.addPerson(first, last, email, tags);
  await visit(page, "/people");
  await see("people", page);
  await page.getByRole("link", { name: "Grace Hopper" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Grace Hopper");
  await see("person", page);
  await visit(page, "/accounts");
  await page.getByRole("button", { name: "Make a link" }).click();
  const link = page.getByLabel("The link, for one colleague and seven days");
  await expect(link).toBeVisible();
  await hydrated(page);
  await see("accounts", page);
  const colleague = await visitor();
  await visit(colleague, await link.inputValue());
  await see("welcome", colleague);
  await visit(page, "/account");
  await see("account", page);
  await visit(page, "/audit");
  await see("audit", page);
}

/** A timed session: those who are in it, and who looks after it. */
export async function timedPages(visitor: Visitor, see: See): Promise<void> {
  const podium = await Podium.start();
  const pages: Page[] = [];
  try {
    const desk = await Desk.setUp(podium);
    const here: Visitor = async (options) => {
      const page = await visitor({ baseURL: podium.url, ...options });
      pages.push(page);
      return page;
    };
    await walkTimed(desk, here, see);
    await desk.close();
  } finally {
    // Nobody is left to complain about a server that has gone.
    await Promise.all(pages.map((page) => page.close()));
    await podium.stop();
  }
}

async function walkTimed(desk: Desk, visitor: Visitor, see: See): Promise<void> {
  const host = await visitor({ storageState: await desk.signedIn() });
  await visit(host, "/sessions");
  await see("sessions-empty", host);
  const quiz = (await sample(desk)).id;
  await visit(host, `/sessions/new/${quiz}`);
  await see("session-new", host);
  await host.getByLabel("Minutes for all questions together").fill("soon");
  await host.getByRole("button", { name: "Open the session" }).click();
  await expect(host.getByRole("alert")).toBeVisible();
  await hydrated(host);
  await see("session-new-refused", host);
  const session = await desk.openTimed(quiz, { minutes: "20", attempts: "2" }, "Ada", "Grace", "Linus", "Zoë");
  await visit(host, "/sessions");
  await see("sessions", host);

  const ada = await visitor();
  const begin = async (page: Page, link: string) => {
    await visit(page, link);
    await page.getByRole("button", { name: "Start" }).click();
    await expect(page.locator(".timed-question")).toBeVisible();
  };
  await visit(ada, session.links.Ada!);
  await see("timed-ready", ada);
  await begin(ada, session.links.Ada!);
  await see("timed-question", ada);
  await ada.locator("label.option").first().click();
  await expect(ada.locator(".saved")).toHaveText("all saved");
  await see("timed-saved", ada);
  await ada.getByText("Overview and handing in").click();
  await see("timed-overview", ada);
  const grace = await visitor();
  await begin(grace, session.links.Grace!);
  const seats = await desk.seats(session.id);
  await desk.ask("manage_seat", { id: session.id, seat: seats.Grace!.seat, deed: "pause" });
  await expect(grace.getByText(/paused|stopped/i).first()).toBeVisible();
  await see("timed-paused", grace);
  await desk.ask("manage_seat", { id: session.id, seat: seats.Zoë!.seat, deed: "revoke" });

  await visit(host, `/sessions/${session.id}`);
  await see("session-host", host);
  await host.getByRole("button", { name: "Manage Ada Timed" }).click();
  await expect(host.getByRole("dialog", { name: "Ada Timed" })).toBeVisible();
  await see("session-manage", host);
  await host.getByRole("dialog", { name: "Ada Timed" }).getByRole("button", { name: "Personal link and QR code" }).click();
  await expect(host.getByLabel("Personal link of Ada Timed", { exact: true })).toBeVisible();
  await see("session-link", host);
  await host.getByRole("dialog", { name: "Ada Timed" }).getByRole("button", { name: "Close", exact: true }).click();
  await visit(host, `/sessions/${session.id}/invite`);
  await see("session-invite", host);

  await ada.getByRole("button", { name: "Hand in" }).click();
  await expect(ada.getByRole("heading", { level: 1 })).toHaveText("Handed in");
  await see("timed-result", ada);
  await visit(host, `/sessions/${session.id}/seats/${seats.Ada!.seat}`);
  await see("session-result", host);
  await visit(host, `/sessions/${session.id}/seats/${seats.Ada!.seat}/transcript`);
  await see("session-transcript", host);

  const short = await desk.openTimed(await desk.write(quickQuiz(2, { title: "Ten seconds" })), { minutes: "0.17" }, "Late");
  const late = await visitor();
  await begin(late, short.links.Late!);
  await expect(late.getByRole("heading", { level: 1 })).toHaveText("Time is up", { timeout: 30_000 });
  await see("timed-expired", late);
}

const PEOPLE = [
  ["Ada", "Lovelace", "ada@engines.example", "north, 2027"],
  ["Grace", "Hopper", "grace@navy.example", "2027"],
  ["Søren", "", "", ""],
  ["فاطمة", "الفهري", "fatima@qarawiyyin.example", "south"],
  ["Maximiliane-Alexandra", "von und zu Hohenlohe-Langenburg", "maximiliane-alexandra.hohenlohe@very-long-name-of-a-company.example", "north, onboarding, second attempt"],
] as const;

const NAMES = ["Ada", "Grace Hopper", "Zoë", "Linus", "Mary Jackson", "Профессор Бузя"];

/** Host, stage and phone through a game; `devices` are what the three are seen on. */
export async function livePages(desk: Desk, visitor: Visitor, see: See, devices: typeof DEVICES.desktop | object = {}): Promise<void> {
  const quiz = await show(desk);
  const room = await Room.open(await desk.write(quiz), desk, (options) => visitor({ ...options, ...devices }));
  const stage = await room.stage();
  await see("host-empty", room.host);
  const [ada, ...others] = await Promise.all(NAMES.map((name) => room.player(name)));
  const all = [ada!, ...others];
  const seeAll = async (name: string) => {
    await see(`host-${name}`, room.host);
    await see(`stage-${name}`, stage);
    await see(`play-${name}`, ada!);
  };
  await expect(stage.getByText("Профессор Бузя")).toBeVisible();
  await seeAll("lobby");
  await room.press("Start the quiz");
  await expect(ada!.getByRole("heading", { level: 1 })).toHaveText(quiz.questions[0]!.prompt);
  await seeAll("reading");
  await room.host.getByRole("button", { name: "Skip question" }).click();
  const { prompt, options } = quiz.questions[1]!;
  await expect(ada!.getByRole("heading", { level: 1 })).toHaveText(prompt);
  await expect(tile(ada!, options[0]!.text)).toBeVisible();
  await expect(stage.locator(".tiles")).toBeVisible();
  await seeAll("answering");
  const right = options.find((option) => option.is_right)!.text;
  await answer(ada!, right);
  await see("play-answered", ada!);
  for (const [place, player] of others.entries()) await answer(player, place % 2 === 0 ? right : options.find((option) => !option.is_right)!.text);
  await expect(room.heading).toContainText("Answer to question");
  await expect(ada!.locator(".play-result .outcome .points")).toBeVisible();
  await expect(stage.locator(".explanation")).toBeVisible();
  await seeAll("reveal");
  await see("play-wrong", others[1]!);
  await room.press("Show the standings");
  await expect(stage.locator(".leaderboard > li")).toHaveCount(all.length);
  await expect(ada!.locator(".play-standing")).toBeVisible();
  await seeAll("standings");
  await room.press("Next question");
  for (const [place, player] of all.entries()) {
    const { options } = quiz.questions[2]!;
    const texts = options.filter((option) => option.is_right === place < 4).map((option) => option.text);
    await tile(player, texts[0]!).click();
    if (place === 0) await see("play-multiple", player);
    await player.getByRole("button", { name: "Send" }).click();
  }
  await room.press("Show the podium");
  await expect(ada!.locator(".play-end")).toBeVisible();
  await expect(stage.locator(".podium > li")).toHaveCount(3);
  await seeAll("podium");
  await room.press("Close the room");
  await expect(stage.getByText("Thank you for playing")).toBeVisible();
  await expect(ada!.getByText("Thank you for playing")).toBeVisible();
  await seeAll("closed");
}

async function sample(desk: Desk): Promise<{ id: number }> {
  return (await desk.quizzes()).find((quiz) => quiz.title === "Friday warm-up")!;
}

/** Questions that look like an evening: one to read, one with four answers, one where several are right. */
async function show(desk: Desk): Promise<Quiz> {
  const { questions, ...quiz } = await desk.quiz((await sample(desk)).id);
  const single = questions.filter((question) => question.kind === "single");
  const multiple = questions.find((question) => question.kind === "multiple")!;
  const still = { limit_ms: 600_000 };
  return {
    ...quiz,
    questions: [
      { ...single[0]!, ...still, reading_ms: 60_000 },
      { ...single[1]!, ...still, reading_ms: 0 },
      { ...multiple, ...still, reading_ms: 0 },
    ],
  };
}
