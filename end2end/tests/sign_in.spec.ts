// Signing in and out, without scripts.
import { ADMIN } from "../desk.js";
import { expect, test } from "../fixtures.js";

test.use({ javaScriptEnabled: false });

test("who wants to work signs in first, and comes to where they wanted", async ({ page, desk }) => {
  const { id } = (await desk.quizzes())[0]!;
  await page.goto(`/quizzes/${id}`);
  await expect(page).toHaveURL(/\/login\?next=/);
  await page.getByLabel("E-mail").fill(ADMIN.email);
  await page.getByLabel("Password", { exact: true }).fill(ADMIN.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(`/quizzes/${id}`);

  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL("/");
  await page.goto("/quizzes");
  await expect(page).toHaveURL(/\/login/);
});

test("a wrong password is told, and the address stays typed", async ({ page, desk }) => {
  expect(await desk.quizzes()).not.toHaveLength(0);
  await page.goto("/login");
  await page.getByLabel("E-mail").fill(ADMIN.email);
  await page.getByLabel("Password", { exact: true }).fill("not this one");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
  await expect(page.getByLabel("E-mail")).toHaveValue(ADMIN.email);
  await expect(page.getByLabel("Password", { exact: true })).toHaveValue("");
});
