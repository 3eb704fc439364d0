// Coming in, without scripts: what is refused is said at the field, and nothing has to be typed again.
import type { Page } from "@playwright/test";
import { quickQuiz } from "../desk.js";
import { audit, expect, test } from "../fixtures.js";

test.use({ javaScriptEnabled: false });

let code: string;
test.beforeAll(async ({ desk }) => {
  code = await desk.open(await desk.write(quickQuiz(1)));
});

async function come(page: Page, typed: string, name: string): Promise<void> {
  await page.goto("/");
  await page.getByLabel("Room code").fill(typed);
  await page.getByLabel("Your name").fill(name);
  await page.getByRole("button", { name: "Join the room" }).click();
}

/** Where the words are: in the summary, at the field, and the field says that it is they that describe it. */
async function expectRefusal(page: Page, label: string, words: string, typed: { code: string; name: string }): Promise<void> {
  await expect(page.getByRole("alert")).toContainText(words);
  const field = page.getByLabel(label);
  await expect(field).toHaveAttribute("aria-invalid", "true");
  await expect(field).toHaveAccessibleDescription(new RegExp(words));
  await expect(page.getByLabel("Room code")).toHaveValue(typed.code);
  await expect(page.getByLabel("Your name")).toHaveValue(typed.name);
}

const spaced = (code: string) => `${code.slice(0, 3)} ${code.slice(3)}`;

test("who comes with code and name has a seat", async ({ page }, { project }) => {
  await come(page, ` ${spaced(code).toLowerCase()} `, `Ada ${project.name}`);
  await expect(page).toHaveURL(`/play/${code}`);
  await expect(page.getByRole("heading", { level: 1 })).toContainText(`in, Ada ${project.name}`);
});

test("an unknown code is refused at its field", async ({ page }) => {
  await come(page, "ZZZ ZZZ", "Ada");
  await expectRefusal(page, "Room code", "No open room has this code", { code: "ZZZ ZZZ", name: "Ada" });
});

test("a code that is none is refused at its field", async ({ page }) => {
  await come(page, "K!", "Ada");
  await expect(page.getByLabel("Room code")).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByLabel("Room code")).toHaveValue("K!");
});

for (const [what, name, words] of [
  ["no name", "", "Please type a name"],
  ["only blanks", "   ", "Please type a name"],
  ["a name that cannot be seen", "\u200b\u200b", "This name (cannot be seen|has characters that cannot be shown)"],
  ["a name that is too long", "x".repeat(33), "This name is too long"],
] as const) {
  test(`${what} is refused at its field`, async ({ page }) => {
    await come(page, code, name);
    await expect(page).toHaveURL(`/join/${code}`);
    await expect(page.getByRole("alert")).toContainText(new RegExp(words));
    await expect(page.getByLabel("Your name")).toHaveAccessibleDescription(new RegExp(words));
    await expect(page.getByLabel("Your name")).toHaveValue(name);
    await expect(page.getByLabel("Room code")).toHaveValue(code);
  });
}

test("a name that is taken, or looks like one, is refused at its field", async ({ page, visitor }, { project }) => {
  await come(page, code, `Paul ${project.name}`);
  await expect(page).toHaveURL(`/play/${code}`);
  const other = await visitor({ javaScriptEnabled: false });
  // The second one begins with a Cyrillic letter.
  for (const name of [`paul ${project.name}`, `\u0420aul ${project.name}`]) {
    await come(other, code, name);
    await expectRefusal(other, "Your name", "Somebody in this room already has this name", { code, name });
  }
});

test("a name can be suggested", async ({ page }) => {
  await page.goto(`/join/${code}`);
  await page.getByRole("link", { name: "or suggest a name for me" }).click();
  await expect(page.getByLabel("Your name")).not.toHaveValue("");
  await expect(page.getByLabel("Room code")).toHaveValue(spaced(code));
});

test("who has no seat is led to the form", async ({ page }) => {
  await page.goto(`/play/${code}`);
  await expect(page).toHaveURL(`/join/${code}`);
});

test.describe("audit", () => {
  test.use({ javaScriptEnabled: true });
  test("a refused form is accessible", async ({ page }) => {
    await come(page, "ZZZ ZZZ", "");
    await expect(page.getByRole("alert")).toBeVisible();
    await audit(page);
  });
});
