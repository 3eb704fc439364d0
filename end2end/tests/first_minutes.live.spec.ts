// The first minutes with a new Podium: from the printed link to the first question that somebody answers.
import { ADMIN } from "../desk.js";
import { audit, expect, hydrated, Podium, test, visit } from "../fixtures.js";
import { join, tile } from "../room.js";

test("from the printed link to the first answer", async ({ page, visitor, complaints }) => {
  complaints.expect(/status of 404/);
  // At the end the server goes before its pages do.
  complaints.expect(/WebSocket connection to/);
  const podium = await Podium.start();
  try {
    const setupUrl = await podium.setupUrl();
    await visit(page, setupUrl);
    await audit(page);
    await page.getByLabel("Organisation").fill(ADMIN.organisation);
    await page.getByLabel("Your name").fill(ADMIN.name);
    await page.getByLabel("E-mail").fill("ada");
    await page.getByLabel("Password", { exact: true }).fill(ADMIN.password);
    await page.getByRole("button", { name: "Set up Podium" }).click();
    // What is wrong is said, what was right stays typed, secrets are typed again.
    await expect(page.getByLabel("E-mail")).toHaveAccessibleDescription(/Write an e-mail address/);
    await expect(page.getByLabel("Organisation")).toHaveValue(ADMIN.organisation);
    await expect(page.getByLabel("Password", { exact: true })).toHaveValue("");
    await page.getByLabel("E-mail").fill(ADMIN.email);
    await page.getByLabel("Password", { exact: true }).fill(ADMIN.password);
    await page.getByRole("button", { name: "Set up Podium" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Quizzes");
    await expect(page.locator(".quiz-card")).toHaveCount(4);

    // The link is used up.
    const player = await visitor({ baseURL: podium.url });
    await visit(player, setupUrl);
    await expect(player.getByRole("heading", { level: 1 })).toHaveText("This set-up link is over.");

    // A sample is played as it is.
    await hydrated(page);
    await page.locator(".quiz-card", { hasText: "Friday warm-up" }).getByRole("button", { name: "Open a room" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Waiting for the first player");
    const code = new URL(page.url()).pathname.split("/").at(-1)!;
    await hydrated(page);
    await join(player, code, "Grace");
    await page.getByRole("button", { name: "Start the quiz" }).click();
    await tile(player, "Three").click();
    await expect(player.getByRole("heading", { level: 1 })).toContainText("Right, in");
  } finally {
    await podium.stop();
  }
});
