// Signing in by another house's word, without scripts.
import { ADMIN, Desk } from "../desk.js";
import { expect, Podium, test } from "../fixtures.js";
import { Issuer } from "../issuer.js";

test.use({ javaScriptEnabled: false });

test("who is known elsewhere signs in by that, lands where they wanted, and signs out", async ({ visitor }) => {
  const issuer = await Issuer.open({ subject: "ada-1815", email: ADMIN.email, name: ADMIN.name });
  const podium = await Podium.start(...issuer.flags);
  try {
    const desk = await Desk.setUp(podium);
    const { id } = (await desk.quizzes())[0]!;
    const page = await visitor({ baseURL: podium.url });
    await page.goto(`/quizzes/${id}`);
    await expect(page).toHaveURL(/\/login\?next=/);
    await page.getByRole("button", { name: "Sign in with Quiz Club ID" }).click();
    await page.getByRole("link", { name: "No" }).click();
    await expect(page.getByRole("alert")).toContainText("You did not sign in there");
    await page.getByRole("button", { name: "Sign in with Quiz Club ID" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(`Is this you, ${ADMIN.name}?`);
    await page.getByRole("link", { name: "Yes" }).click();
    await expect(page).toHaveURL(`${podium.url}/quizzes/${id}`);

    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page).toHaveURL(`${podium.url}/`);
    await page.goto("/quizzes");
    await expect(page).toHaveURL(/\/login/);
    await desk.close();
  } finally {
    await podium.stop();
    await issuer.close();
  }
});
