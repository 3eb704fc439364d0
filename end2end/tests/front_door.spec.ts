// The pages of people who have no code yet, without scripts: they come whole from the server.
import { audit, expect, test } from "../fixtures.js";

test.use({ javaScriptEnabled: false });

test("the landing page comes whole from the server", async ({ page }) => {
  await page.goto("/");
  await expect(page).toHaveTitle("Podium");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Ready when you are.");
  await page.getByRole("link", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Welcome back.");
});

test("an unknown address says so and offers a way on", async ({ page, complaints }) => {
  complaints.expect(/status of 404/);
  const answer = await page.goto("/no/such/page");
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Nothing here");
  await page.getByRole("link", { name: "To the start" }).click();
  await expect(page).toHaveURL("/");
});

test.describe("audit", () => {
  test.use({ javaScriptEnabled: true });
  for (const address of ["/", "/login", "/no/such/page"]) {
    test(`${address} is accessible`, async ({ page, complaints }) => {
      complaints.expect(/status of 404/);
      await page.goto(address);
      await audit(page);
    });
  }
});
