// Accounts, without scripts: a colleague comes in by a link, is seen, gets another role and goes; and what the log says.
import { Desk } from "../desk.js";
import { audit, expect, Podium, test } from "../fixtures.js";
import { expectNoOverflow, expectTargets } from "../layout.js";

test.use({ javaScriptEnabled: false });

test("a colleague comes in by a link and goes again, and the log knows", async ({ visitor, complaints }) => {
  // A link that was used answers 410.
  complaints.expect(/status of 410/);
  const podium = await Podium.start();
  try {
    const desk = await Desk.setUp(podium);
    const ada = await visitor({ baseURL: podium.url, storageState: await desk.signedIn() });
    await ada.goto("/quizzes");
    await ada.getByRole("link", { name: "Accounts" }).click();
    await expect(ada.getByRole("heading", { level: 1 })).toHaveText("Accounts 1");
    await ada.getByLabel("Role", { exact: true }).selectOption("host");
    await ada.getByRole("button", { name: "Make a link" }).click();
    const link = await ada.getByLabel("The link, for one colleague and seven days").inputValue();
    expect(link).toMatch(/\/welcome\/[0-9a-f]{32}$/);

    const bo = await visitor({ baseURL: podium.url });
    await bo.goto(link);
    await expect(bo.getByRole("heading", { level: 1 })).toHaveText("Welcome to Quiz Club.");
    await bo.getByLabel("Your name").fill("Bo King");
    await bo.getByLabel("E-mail").fill("bo@quiz.example");
    await bo.getByLabel("Password", { exact: true }).fill("short");
    await bo.getByRole("button", { name: "Come in" }).click();
    await expect(bo.getByRole("alert")).toContainText("10 to 256 characters");
    await bo.getByLabel("Password", { exact: true }).fill("four words are easy");
    await bo.getByRole("button", { name: "Come in" }).click();
    await expect(bo).toHaveURL(`${podium.url}/dashboard`);
    await bo.getByRole("link", { name: "Bo King" }).click();
    await expect(bo.getByRole("heading", { level: 1 })).toHaveText("Your account");
    await expect(bo.getByText("This one")).toBeVisible();
    const late = await visitor({ baseURL: podium.url });
    await late.goto(link);
    await expect(late.getByRole("heading", { level: 1 })).toHaveText("This link has been used.");

    await ada.goto("/accounts");
    const row = ada.getByRole("row", { name: /Bo King/ });
    await expect(row).toContainText("just now");
    await row.getByLabel("Role of Bo King").selectOption("viewer");
    await row.getByRole("button", { name: "Give Bo King this role" }).click();
    await expect(ada.getByText("The role is viewer from now on.")).toBeVisible();
    await bo.goto("/account");
    await expect(bo).toHaveURL(/\/login/);
    await ada.getByRole("button", { name: "Remove Bo King" }).click();
    await ada.getByRole("dialog", { name: "Remove “Bo King”?" }).getByRole("button", { name: "Remove" }).click();
    await expect(ada.getByRole("row", { name: /Bo King/ })).toHaveCount(0);

    await ada.getByRole("link", { name: "Audit log" }).click();
    await expect(ada.getByRole("row").nth(1)).toContainText("removed an account: a removed account");
    await ada.getByLabel("What").selectOption("Quizzes and rooms");
    await ada.getByRole("button", { name: "Look" }).click();
    await expect(ada.getByText("Nothing that fits is in the log.")).toBeVisible();
    for (const address of ["/accounts", "/audit", "/account"]) {
      await ada.goto(address);
      await expectNoOverflow(ada);
      await expectTargets(ada);
    }
    await desk.close();
  } finally {
    await podium.stop();
  }
});

test("the pages of accounts can be read by everybody", async ({ visitor, desk }) => {
  const page = await visitor({ storageState: await desk.signedIn(), javaScriptEnabled: true });
  for (const address of ["/accounts", "/audit", "/account"]) {
    await page.goto(address);
    await audit(page);
  }
});
