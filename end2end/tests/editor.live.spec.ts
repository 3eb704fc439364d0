// Writing a quiz: saved as one types, what is left to do in a list, any order, and from there into a room.
import type { Page } from "@playwright/test";
import { quickQuiz } from "../desk.js";
import { expect, hydrated, test, visit } from "../fixtures.js";

test.use({ storageState: async ({ desk }, use) => use(await desk.signedIn()) });

const saved = (page: Page) => expect(page.locator(".save-note .words")).toHaveText("Saved");
const idOf = (page: Page) => Number(new URL(page.url()).pathname.split("/").at(-1));
const prompts = (page: Page) => page.locator(".outline .rows .prompt").allTextContents();
/** On phones the list or the open question is in front. */
const back = async (page: Page) => {
  const list = page.getByRole("button", { name: "Back to all questions" });
  if (await list.isVisible()) await list.click();
};

test("a quiz is written, mended by its list of things to do, and played", async ({ page, desk }) => {
  await visit(page, "/quizzes");
  await page.getByRole("button", { name: "New quiz" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Untitled quiz");
  await hydrated(page);
  const id = idOf(page);

  // A room needs a whole quiz: the button says that it is disabled, and still leads to what is left.
  await page.getByRole("button", { name: "Open a room" }).click({ force: true });
  await expect(page.locator("#todos")).toBeFocused();
  const todo = (words: string) => page.locator(".todos").getByRole("link", { name: words });
  await todo("Give the quiz a title.").click();
  await expect(page.getByLabel("Title")).toBeFocused();
  await expect(page.getByLabel("Title")).toHaveAccessibleDescription("Give the quiz a title.");
  await page.getByLabel("Title").fill("My first quiz");
  await todo("Question 1: Write the question.").click();
  await expect(page.getByLabel("Question", { exact: true })).toBeFocused();
  await page.getByLabel("Question", { exact: true }).fill("Is it a question?");
  await page.getByRole("radio", { name: "True or false" }).check();
  await page.getByRole("radio", { name: "Answer A is right" }).check();
  await expect(page.locator(".todos")).toBeHidden();
  await saved(page);
  expect(await desk.quiz(id)).toMatchObject({
    title: "My first quiz",
    questions: [{ kind: "true_false", prompt: "Is it a question?", options: [{ text: "True", is_right: true }, { text: "False" }] }],
  });

  // What was typed is there after a reload, and a room opens from it.
  await page.reload();
  await hydrated(page);
  await expect(page.getByLabel("Title")).toHaveValue("My first quiz");
  await page.getByRole("button", { name: "Open a room" }).click();
  await expect(page).toHaveURL(/\/host\//);
  await expect(page.getByText("Is it a question?")).toBeVisible();
});

test("the last keystroke is in the room that opens right after it", async ({ page, desk }) => {
  const id = await desk.write(quickQuiz(1));
  await visit(page, `/quizzes/${id}`);
  await page.getByLabel("Title").fill("Changed at the last moment");
  await page.getByRole("button", { name: "Open a room" }).click();
  await expect(page).toHaveURL(/\/host\//);
  await expect(page).toHaveTitle(/^Changed at the last moment/);
});

test("questions change places by keyboard and by dragging", async ({ page, desk }) => {
  const quiz = quickQuiz(3);
  ["One", "Two", "Three"].forEach((prompt, place) => (quiz.questions[place]!.prompt = prompt));
  const id = await desk.write(quiz);
  await visit(page, `/quizzes/${id}`);
  expect(await prompts(page)).toEqual(["One", "Two", "Three"]);

  const row = (prompt: string) => page.locator(".outline .row", { hasText: prompt });
  await row("One").getByRole("button").focus();
  await page.keyboard.press("Alt+ArrowDown");
  await expect.poll(() => prompts(page)).toEqual(["Two", "One", "Three"]);
  await expect(row("One").getByRole("button")).toBeFocused();

  await row("Three").scrollIntoViewIfNeeded();
  const from = (await row("Three").locator(".drag-handle").boundingBox())!;
  const to = (await row("Two").boundingBox())!;
  await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
  await page.mouse.down();
  await page.mouse.move(from.x + from.width / 2, to.y + 2, { steps: 12 });
  await page.mouse.up();
  await expect.poll(() => prompts(page)).toEqual(["Three", "Two", "One"]);
  await saved(page);
  expect((await desk.quiz(id)).questions.map((question) => question.prompt)).toEqual(["Three", "Two", "One"]);
});

test("a question that was deleted comes back", async ({ page, desk }) => {
  const id = await desk.write(quickQuiz(2));
  await visit(page, `/quizzes/${id}`);
  await page.locator(".outline .row").nth(1).getByRole("button").click();
  await page.getByRole("button", { name: "Delete this question" }).click();
  await expect(page.getByText("Question 2 was deleted.")).toBeVisible();
  await back(page);
  await expect(page.locator(".outline .row")).toHaveCount(1);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.locator(".outline .row")).toHaveCount(2);
  await saved(page);
  expect((await desk.quiz(id)).questions).toHaveLength(2);
});

test("who writes without a connection is told so, and saved when it is back", async ({ page, desk, complaints }) => {
  complaints.expect(/ERR_INTERNET_DISCONNECTED|Failed to load resource/);
  const id = await desk.write(quickQuiz(1));
  await visit(page, `/quizzes/${id}`);
  await page.context().setOffline(true);
  await page.getByLabel("Title").fill("Written in a tunnel");
  await expect(page.locator(".save-note .words")).toHaveText("Not saved: no connection, trying again");
  await page.context().setOffline(false);
  await saved(page);
  expect((await desk.quiz(id)).title).toBe("Written in a tunnel");
});

test("a second tab does not overwrite the first", async ({ page, desk, complaints }) => {
  complaints.expect(/409 \(Conflict\)/);
  const id = await desk.write(quickQuiz(1));
  await visit(page, `/quizzes/${id}`);
  const other = await page.context().newPage();
  await visit(other, `/quizzes/${id}`);
  await other.getByLabel("Title").fill("From the other tab");
  await saved(other);
  await page.getByLabel("Title").fill("From this tab");
  await expect(page.locator(".save-note .words")).toHaveText("Changed in another tab: reload to see it");
  await page.getByRole("button", { name: "Reload" }).click();
  await hydrated(page);
  await expect(page.getByLabel("Title")).toHaveValue("From the other tab");
});

test("a quiz is copied and deleted from the list", async ({ page, desk }, { project }) => {
  const title = `To copy on ${project.name}`;
  await desk.write(quickQuiz(1, { title }));
  await visit(page, "/quizzes");
  await page.getByRole("button", { name: `Copy ${title}`, exact: true }).click();
  const copy = page.locator(".quiz-card", { hasText: `${title} (copy)` });
  await expect(copy).toBeVisible();
  await copy.getByRole("button", { name: "Delete" }).first().click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(copy).toBeHidden();
});
