// A timed session from its host's side: made, invited to, followed live, looked after, read afterwards.
import { quickQuiz } from "../../desk.js";
import { expect, hydrated, test, visit } from "../../fixtures.js";
import { DEVICES } from "../../room.js";

test("a host makes a timed session, invites, follows and looks after people", async ({ visitor, desk, podium, complaints }) => {
  // What was typed is refused once; the seat's own page is another journey's.
  complaints.expect(/status of 4\d\d/);
  await desk.write(quickQuiz(3, { title: "Fire safety" }));
  await desk.addPerson("Timed", "Lovelace", "timed@quiz.example", "timed");
  await desk.addPerson("Other", "Hopper", "", "timed");
  const host = await visitor({ ...DEVICES.desktop, storageState: await desk.signedIn() });

  // From the quiz to the settings; what was chosen comes back after a refusal.
  await visit(host, "/quizzes");
  await host.getByRole("link", { name: "Timed session of Fire safety" }).click();
  await expect(host.getByRole("heading", { level: 1 })).toHaveText("New timed session");
  await host.getByLabel("Minutes for all questions together").fill("soon");
  await host.getByLabel("People may go back and change answers").uncheck();
  await host.getByLabel("Everybody who has the code").check();
  await host.getByRole("button", { name: "Open the session" }).click();
  await expect(host.getByRole("alert")).toContainText("Write a number of minutes");
  await hydrated(host);
  await expect(host.getByLabel("People may go back and change answers")).not.toBeChecked();
  await expect(host.getByLabel("Everybody who has the code")).toBeChecked();
  await host.getByLabel("Minutes for all questions together").fill("20");
  await host.getByRole("button", { name: "Open the session" }).click();
  await expect(host.getByRole("heading", { level: 1 })).toHaveText("Fire safety");
  await hydrated(host);
  await expect(host.locator(".session-terms")).toContainText("20 min for 3 questions");
  await expect(host.locator(".connection")).toContainText("Connected");

  // One of two who fit is invited.
  await host.getByRole("link", { name: "Invite people" }).click();
  await host.getByLabel("Tag").selectOption("timed");
  await host.getByRole("button", { name: "Look" }).click();
  await hydrated(host);
  await host.getByRole("checkbox", { name: /Timed Lovelace/ }).check();
  await host.getByRole("button", { name: "Invite the chosen ones" }).click();
  await expect(host.locator(".invited")).toContainText("1 person was invited");
  const row = host.getByRole("row", { name: /Timed Lovelace/ });
  await expect(row).toContainText("Invited");

  // The personal link opens a seat; what happens there shows here by itself.
  await row.getByRole("button", { name: "Manage Timed Lovelace" }).click();
  const panel = host.getByRole("dialog", { name: "Timed Lovelace" });
  await panel.getByRole("button", { name: "Personal link and QR code" }).click();
  const link = await panel.getByLabel("Personal link of Timed Lovelace", { exact: true }).inputValue();
  const seat = await visitor({ ...DEVICES.phone });
  const followed = await seat.request.get(link, { maxRedirects: 0 });
  const code = /\/session\/(\w+)$/.exec(followed.headers()["location"]!)![1]!;
  const origin = new URL(podium.publicUrl).origin;
  const started = await seat.request.post("./session/start", { form: { code }, headers: { origin }, maxRedirects: 0 });
  expect(started.status()).toBe(303);
  await expect(row).toContainText("Under way");
  await expect(row).toContainText(/19:\d\d/);

  // Only what fits is offered; what cannot be taken back asks first.
  await expect(panel.getByRole("button", { name: "Let the clock go on" })).toHaveCount(0);
  await panel.getByRole("button", { name: "+5 min" }).click();
  await expect(panel.locator(".outcome")).toContainText("has 5 min more");
  await expect(row).toContainText(/24:\d\d/);
  await panel.getByRole("button", { name: "Pause the clock" }).click();
  await expect(row).toContainText("Paused");
  await panel.getByRole("button", { name: "Let the clock go on" }).click();
  await panel.getByRole("button", { name: "End the attempt" }).click();
  await panel.getByRole("button", { name: "Leave it as it is" }).click();
  await expect(row).toContainText("Under way");
  await panel.getByRole("button", { name: "End the attempt" }).click();
  await panel.getByRole("button", { name: "End it" }).click();
  await expect(row).toContainText("Finished");
  await panel.getByRole("button", { name: "Close", exact: true }).click();

  // Found again, and read afterwards.
  await host.getByLabel("State").selectOption("invited");
  await expect(row).toHaveCount(0);
  await host.getByLabel("State").selectOption("finished");
  await row.getByRole("link", { name: "Result of Timed Lovelace" }).click();
  await expect(host.locator(".session-result .numbers")).toContainText("of 3,000 points");
  await host.getByRole("link", { name: "Transcript" }).click();
  await expect(host.locator(".session-transcript .line")).toHaveCount(3);
  await expect(host.locator(".session-transcript")).toContainText("Not answered");

  // The people's table tells the same; closing is asked for and final.
  await visit(host, "/people?tag=timed");
  await expect(host.getByRole("row", { name: /Timed Lovelace/ })).toContainText("Finished");
  await expect(host.getByRole("row", { name: /Other Hopper/ })).toContainText("Not invited");
  await host.getByRole("link", { name: "Timed sessions" }).click();
  await host.getByRole("link", { name: "Fire safety" }).first().click();
  await host.getByRole("button", { name: "Close session" }).click();
  await host.getByRole("dialog", { name: "Close this session?" }).getByRole("button", { name: "Close the session" }).click();
  await expect(host.locator(".standing")).toContainText("Closed");
  await expect(host.getByRole("link", { name: "Invite people" })).toHaveCount(0);
});
