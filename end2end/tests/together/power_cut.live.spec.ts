// The server is killed in the middle of a question and started again: the same room, as if nothing had been.
import type { Page } from "@playwright/test";
import { Desk, RIGHT, WRONG, quickQuiz } from "../../desk.js";
import { expect, Podium, test } from "../../fixtures.js";
import { Room, answer, ranks, tile } from "../../room.js";

test("a power cut in a question costs no answer, no point and no second", async ({ visitor, network, complaints }) => {
  test.setTimeout(120_000);
  complaints.expect(/WebSocket connection to|ERR_CONNECTION|ERR_EMPTY_RESPONSE|ERR_SOCKET/);
  const podium = await Podium.start();
  try {
    const desk = await Desk.setUp(podium);
    const tunnel = await network(podium);
    const at = (url: string) => (options?: Parameters<typeof visitor>[0]) => visitor({ baseURL: url, ...options });
    const room = await Room.open(await desk.write(quickQuiz(2, { limitSeconds: 90 })), desk, at(podium.url));
    const stage = await room.stage();
    const [ada, linus] = [await room.player("Ada"), await room.player("Linus")];
    const grace = await room.player("Grace", { baseURL: tunnel.url });

    // One question before, so that there are points to lose.
    await room.press("Start the quiz");
    for (const [player, text] of [[ada, RIGHT], [linus, WRONG], [grace, RIGHT]] as const) await answer(player, text);
    await room.press("Show the standings");
    await expect(stage.locator(".leaderboard > li")).toHaveCount(3);
    const standings = await ranks(stage.locator(".leaderboard > li"));
    await room.press("Next question");

    // Ada's answer is taken. Grace's is on its way when the power goes.
    await answer(ada, RIGHT);
    tunnel.silence();
    await tile(grace, RIGHT).click();
    await expect(grace.getByText("Sent, on its way…")).toBeVisible();
    const deadline = await deadlineOf(ada, room.code);
    await podium.kill();
    for (const page of [ada, linus]) await expect(page.getByText("Reconnecting… Your seat is safe.")).toBeVisible();
    tunnel.mend();
    await podium.run();

    // At the same time: each comes back when it does, and the words stand for a few seconds.
    const back = (player: Page) => expect(player.getByText("You are back, nothing was lost.")).toBeVisible({ timeout: 40_000 });
    await Promise.all([ada, grace, linus].map(back));
    await expect(grace.getByText("Taken. Now look at the stage.")).toBeVisible();
    await expect(ada.getByText("Taken. Now look at the stage.")).toBeVisible();
    expect(await deadlineOf(ada, room.code), "the deadline").toBe(deadline);
    expect(await deadlineOf(linus, room.code), "the deadline").toBe(deadline);
    await expect(room.heading).toHaveText("Answering question 2 of 2");
    await expect(room.host.locator(".stage-answered")).toContainText("2 of 3 answered");
    expect(await podium.rows("select seat, count(*) from answer where turn = 2 group by seat order by seat")).toEqual([
      [1, 1],
      [3, 1],
    ]);

    // The last one answers, the question ends, and the points of both questions are there.
    await answer(linus, WRONG);
    await expect(room.heading).toHaveText("Answer to question 2 of 2");
    await expect(stage.locator(".stage-answered")).toContainText("2 of 3 answers right");
    await room.press("Show the podium");
    await expect(stage.locator(".podium > li")).toHaveCount(3);
    const podiumRanks = await ranks(stage.locator(".podium > li"));
    const points = (rows: string[], name: string) =>
      Number(rows.find((row) => row.startsWith(name))!.split(" ")[1]!.replace(",", ""));
    for (const name of ["Ada", "Grace"]) {
      const gained = points(podiumRanks, name) - points(standings, name);
      expect(gained, `${name} gained something once`).toBeGreaterThan(0);
      expect(gained).toBeLessThanOrEqual(1_000);
    }
    expect(points(podiumRanks, "Linus")).toBe(0);
    await desk.close();
  } finally {
    await podium.stop();
  }
});

/** The deadline of the open question as the server tells it to this player's browser. */
async function deadlineOf(player: Page, code: string): Promise<number> {
  return player.evaluate(async (code) => {
    const headers = { "content-type": "application/json", accept: "application/json" };
    const response = await fetch("/api/player_page", { method: "POST", headers, body: JSON.stringify({ code }) });
    return (await response.json()).Seated.view.show.scene.deadline as number;
  }, code);
}
