// A hall of simulated players, with one browser that watches as host.
import type { Page } from "@playwright/test";
import { expect, test } from "../../fixtures.js";

/** `make soak` fills the largest room that the limits allow. */
const PLAYERS = process.env.PODIUM_SOAK ? 2_000 : 300;

test("a full hall plays ten questions, and no answer is lost or counted twice", async ({ podium, desk, openRoom }) => {
  test.setTimeout(180_000);
  const { id } = (await desk.quizzes()).find((quiz) => quiz.title === "Friday warm-up")!;
  const quiz = await desk.quiz(id);
  expect(quiz.questions).toHaveLength(10);
  for (const question of quiz.questions) question.reading_ms = 500;
  /** Some never answer; once so many have, the host ends the question, and whoever comes now is too late. */
  const enough = 0.8 * PLAYERS;
  const room = await openRoom(await desk.write({ ...quiz, title: "Full hall" }));
  const { host } = room;
  await watchLongTasks(host);
  const bots = podium.bots(room.code, "--players", String(PLAYERS), "--seed", "7", "--think-ms", "1200", "--arrive-ms", "3000");
  await expect(host.locator(".host-health")).toContainText(`${PLAYERS} here`, { timeout: 60_000 });

  const waits: number[] = [];
  const press = async (label: string, effect: RegExp) => {
    const button = host.getByRole("button", { name: label });
    await button.waitFor();
    const start = Date.now();
    await button.click();
    await expect(room.heading).toHaveText(effect);
    waits.push(Date.now() - start);
  };
  /** Seats that answered, by turn, as the host's page tells it after each question. */
  const told: number[] = [];
  await press("Start the quiz", /question 1 of 10$/);
  for (let turn = 1; turn <= 10; turn++) {
    const words = host.locator(".stage-answered");
    await expect.poll(async () => parseInt((await words.textContent()) ?? "", 10), { intervals: [100] }).toBeGreaterThan(enough);
    await press("End the question now", new RegExp(`^Answer to question ${turn} of 10$`));
    await expect(words).toContainText("right");
    told.push(Number(/of (\d+) answers? right/.exec((await words.textContent())!)![1]));
    if (turn < 10) {
      await press("Show the standings", /^Standings after/);
      await press("Next question", new RegExp(`question ${turn + 1} of 10$`));
    }
  }
  await press("Show the podium", /^The podium$/);
  await press("Close the room", /^The room is closed$/);

  const report = await bots;
  const longest = await host.evaluate(() => Math.max(0, ...(window as unknown as { longTasks: number[] }).longTasks));
  console.log(
    `${report.seated} players, ${report.acknowledged} answers (p50 ${report.ack_p50_ms} ms, p95 ${report.ack_p95_ms} ms), ` +
      `longest task of the host's browser ${Math.round(longest)} ms, slowest click ${Math.max(...waits)} ms`,
  );
  expect(report).toMatchObject({ seated: PLAYERS, turned_away: {}, holes: 0, finished: PLAYERS, boards: 1 });

  const acknowledged = report.answers!.map(([seat, turn]) => `${turn}/${seat}`).sort();
  expect(new Set(acknowledged).size, "each once").toBe(acknowledged.length);
  const rows = await podium.rows(
    `select turn, seat from answer where session_id = (select id from session where code = '${room.code}' order by id desc limit 1)`,
  );
  const stored = new Set(rows.map(([turn, seat]) => `${turn}/${seat}`));
  expect(stored.size, "each row once").toBe(rows.length);
  expect([...stored].sort(), "what was acknowledged is what is stored").toEqual(acknowledged);
  const inTurn = (turn: number) => rows.filter(([other]) => other === turn).length;
  expect(told, "what the host read is what is stored").toEqual(told.map((_, place) => inTurn(place + 1)));
});

/** Collects the tasks that kept the page from answering, from now on. */
async function watchLongTasks(page: Page): Promise<void> {
  await page.evaluate(() => {
    const longTasks: number[] = [];
    Object.assign(window, { longTasks });
    const collect = (list: PerformanceObserverEntryList) => longTasks.push(...list.getEntries().map((task) => task.duration));
    new PerformanceObserver(collect).observe({ type: "longtask" });
  });
}
