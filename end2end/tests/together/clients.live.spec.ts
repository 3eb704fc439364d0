// The clients of other programs, written as their documents write them, play against this server without a change.
import { RIGHT, WRONG, quickQuiz } from "../../desk.js";
import { CLIENTS, start } from "../../clients/page.js";
import { expect, test, visit } from "../../fixtures.js";
import { DEVICES, Room, answer, type Visitor } from "../../room.js";

/** The reason of a close for a bad token, where the document words it. */
const REFUSALS = { clausebot: /^Unauthorized$/, trivia: /./, masterx: /^Invalid token$/, netra: /./ };

for (const name of CLIENTS) {
  test(`the client of ${name} plays a quiz of two questions in its own words`, async ({ podium, desk, network, visitor, complaints }) => {
    test.setTimeout(120_000);
    complaints.expect(/WebSocket connection to|ERR_/);
    const near = await network();
    const token = await podium.token(`${name}-${Date.now()}@quiz.example`, "Mo");
    const room = await Room.open(await desk.write(quickQuiz(2, { limitSeconds: 60 })), desk, visitor);
    const ada = await room.player("Ada");
    const at: Visitor = (options) => visitor({ ...options, baseURL: near.url });
    const page = await at(DEVICES.desktop);
    await visit(page, "/");

    const client = await start(page, name, room.code, token);
    await expect.poll(() => client.ask("isConnected")).toBe(true);
    await expect.poll(() => client.ask("me"), { message: "the welcome" }).toMatch(/^\d+$/);
    const me = await client.ask("me");
    await expect.poll(() => client.ask("count"), { message: "its own coming" }).toEqual({ people: 2, user: me });
    await expect(room.host.locator(".host-people .rows > li")).toHaveCount(2);
    const grace = await room.player("Grace");
    await expect.poll(async () => (await client.ask("count"))?.people, { message: "somebody comes" }).toBe(3);
    await grace.close();
    await expect.poll(async () => (await client.ask("count"))?.people, { message: "somebody goes" }).toBe(2);
    expect((await client.ask("count"))?.user).not.toBe(me);

    await client.babble();
    await expect.poll(() => client.ask("error"), { message: "its form of an error" }).toEqual({
      code: "unknown_type",
      text: expect.stringMatching(/not known/),
      help: expect.stringMatching(/\.$/),
      recoverable: true,
    });

    await room.press("Start the quiz");
    await expect.poll(() => client.ask("question")).toMatchObject({ state: "question_active", number: 1 });
    expect((await client.ask("question"))!.remaining).toBeGreaterThan(50);
    await client.answer(1, [1]);
    await expect.poll(() => client.ask("taken")).toEqual(["a-1"]);
    // Two who answer at once may be equally quick; Ada is wrong, and Grace has gone.
    await answer(ada, WRONG);
    await expect.poll(async () => (await client.ask("scores")).map(({ rank }) => rank), { message: "ranks" }).toEqual([1, 2, 2]);
    expect((await client.ask("scores")).map(({ user }) => user)).toContain(me);

    // The line breaks, the quiz goes on, and the client comes back to where it stands.
    near.cut();
    await expect.poll(() => client.ask("isConnected")).toBe(false);
    await room.press("Show the standings");
    await room.press("Next question");
    await expect(room.heading).toHaveText("Answering question 2 of 2");
    near.mend();
    await expect.poll(() => client.ask("isConnected"), { timeout: 40_000 }).toBe(true);
    await expect.poll(() => client.ask("question")).toMatchObject({ state: "question_active", number: 2 });
    expect(await client.ask("me"), "the same seat").toBe(me);
    const remaining = (await client.ask("question"))!.remaining!;
    expect(remaining, "what is left, not all of it").toBeLessThanOrEqual(60);
    await client.answer(2, [1]);
    await expect.poll(async () => (await client.ask("taken")).includes("a-2")).toBe(true);
    await answer(ada, RIGHT);
    await room.press("Show the podium");
    await expect.poll(async () => (await client.ask("question"))?.state).toBe("podium");
    const [first] = await client.ask("scores");
    expect(first!.score).toBeGreaterThan(1_000);

    await client.stop();
    await expect(room.host.locator(".host-health")).toContainText("1 here");
  });

  test(`the client of ${name} is turned away with a bad token as its document words it`, async ({ openRoom, visitor, complaints }) => {
    complaints.expect(/WebSocket connection to/);
    const room = await openRoom({ questions: 1 });
    const page = await visitor(DEVICES.desktop);
    await visit(page, "/");
    const client = await start(page, name, room.code, "not-a-token");
    await expect.poll(() => client.ask("lastClose")).toEqual({ code: 1008, reason: expect.stringMatching(REFUSALS[name]) });
    expect(await client.ask("me"), "no welcome").toBeUndefined();
    await client.stop();
  });
}

test("a leaderboard in a player's own browser needs no token", async ({ openRoom }) => {
  const room = await openRoom({ questions: 1 });
  const ada = await room.player("Ada");
  const client = await start(ada, "clausebot", room.code);
  await expect.poll(() => client.ask("me")).toBe("1");
  await room.press("Start the quiz");
  await expect.poll(() => client.ask("question")).toMatchObject({ state: "question_active", number: 1 });
  await answer(ada, RIGHT);
  await expect.poll(async () => (await client.ask("scores"))[0]).toMatchObject({ user: "1", rank: 1 });
  await client.stop();
});
