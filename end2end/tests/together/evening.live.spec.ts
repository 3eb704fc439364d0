// A whole evening: host, stage and players with phones, from the first code to the last thanks.
import type { Page } from "@playwright/test";
import type { Question } from "../../desk.js";
import { expect, test } from "../../fixtures.js";
import { answer, ranks, tile } from "../../room.js";

test("a sample quiz is played to the podium, and everybody sees the same order", async ({ desk, openRoom }) => {
  test.setTimeout(240_000);
  const { id } = (await desk.quizzes()).find((quiz) => quiz.title === "Friday warm-up")!;
  const { questions } = await desk.quiz(id);
  const room = await openRoom(id);
  const stage = await room.stage();
  const [ada, grace, linus] = await Promise.all(["Ada", "Grace", "Linus"].map((name) => room.player(name)));
  const people = [ada!, grace!, linus!];

  await expect(stage.locator(".stage-lobby .names")).toContainText("Linus");
  await room.press("Start the quiz");
  for (const [place, question] of questions.entries()) {
    for (const page of [...people, stage]) {
      await expect(page.getByRole("heading", { level: 1 })).toHaveText(question.prompt);
    }
    // Ada knows everything, Grace the first half, Linus the first answer only.
    await choose(ada!, question, true);
    await choose(grace!, question, place < questions.length / 2);
    await chooseByKeys(linus!, question, place === 0);
    // Everybody who is here has answered, so nobody waits for the clock.
    const turn = `question ${place + 1} of ${questions.length}`;
    await expect(room.heading).toHaveText(`Answer to ${turn}`);
    await expect(stage.locator(".stage-answered")).toContainText("of 3 answers right");

    if (place + 1 < questions.length) {
      await room.press("Show the standings");
      await expect(room.heading).toHaveText(`Standings after ${turn}`);
      await expect(stage.locator(".leaderboard > li")).toHaveCount(3);
      const board = await ranks(stage.locator(".leaderboard > li"));
      await expect.poll(() => ranks(room.host.locator(".leaders > li"))).toEqual(board);
      await room.press("Next question");
    } else {
      await room.press("Show the podium");
    }
  }

  await expect(room.heading).toHaveText("The podium");
  await expect(stage.locator(".podium > li")).toHaveCount(3);
  const podium = await ranks(stage.locator(".podium > li"));
  expect(podium.map((row) => row.split(" ")[0])).toEqual(["Ada", "Grace", "Linus"]);
  await expect.poll(() => ranks(room.host.locator(".leaders > li"))).toEqual(podium);
  const score = (place: number) => podium[place]!.split(" ")[1]!;
  await expectEnd(ada!, "You won!", `1st of 3, with ${score(0)} points.`);
  await expectEnd(grace!, "2nd place!", `2nd of 3, with ${score(1)} points.`);
  await expectEnd(linus!, "3rd place!", `3rd of 3, with ${score(2)} points.`);

  await room.press("Close the room");
  await expect(room.heading).toHaveText("The room is closed");
  await expectEnd(ada!, "Thank you for playing", `1st of 3, with ${score(0)} points.`);
  await expect(stage.getByRole("heading", { level: 1 })).toHaveText("Thank you for playing");
  await expect(stage.getByText(`Ada won with ${score(0)} points.`)).toBeVisible();
});

async function expectEnd(player: Page, headline: string, words: string): Promise<void> {
  await expect(player.getByRole("heading", { level: 1 })).toHaveText(headline);
  await expect(player.getByText(words)).toBeVisible();
}

/** The places of the right options, or of one that is wrong. */
function places({ options }: Question, right: boolean): number[] {
  const all = options.flatMap((option, place) => (option.is_right === right ? [place] : []));
  return right ? all : all.slice(0, 1);
}

async function choose(player: Page, question: Question, right: boolean): Promise<void> {
  const texts = places(question, right).map((place) => question.options[place]!.text);
  if (question.kind !== "multiple") return answer(player, texts[0]!);
  for (const text of texts) await tile(player, text).click();
  await player.getByRole("button", { name: "Send" }).click();
}

/** The same without touching anything but keys: the letters of the tiles, and Enter. */
async function chooseByKeys(player: Page, question: Question, right: boolean): Promise<void> {
  await expect(player.locator(".play-question")).toHaveAttribute("data-stretch", "answering");
  for (const place of places(question, right)) await player.keyboard.press("abcdefghij"[place]!);
  if (question.kind === "multiple") await player.keyboard.press("Enter");
}
