// What operators see: notices on two open pages, figures that move, who is connected.
import { Desk, quickQuiz } from "../../desk.js";
import { audit, expect, Podium, test, visit } from "../../fixtures.js";
import { DEVICES, Room, alive } from "../../room.js";

/** What the line of a new notice says. */
const LINE = ".notice-line";

test("two admins read on any page within a second that a limit has tripped, and each marks it as read", async ({ visitor }) => {
  const podium = await Podium.start("--seats-max", "1");
  try {
    const desk = await Desk.setUp(podium);
    const storageState = await desk.signedIn();
    const ines = await visitor({ ...DEVICES.desktop, baseURL: podium.url, storageState });
    const mo = await visitor({ ...DEVICES.desktop, baseURL: podium.url, storageState });
    await visit(ines, "/quizzes");
    await visit(mo, "/people");
    await alive(mo);
    const code = await desk.open(await desk.write(quickQuiz(1)));
    const [first, second] = [await visitor({ ...DEVICES.phone, baseURL: podium.url }), await visitor({ ...DEVICES.phone, baseURL: podium.url })];
    for (const [page, name] of [[first, "Ada"], [second, "Bo"]] as const) {
      await visit(page, `/join/${code}`);
      await page.getByLabel("Your name").fill(name);
      await page.getByRole("button", { name: "Join the room" }).click();
    }
    await expect(second.getByRole("alert")).toBeVisible();
    for (const page of [ines, mo]) {
      await expect(page.locator(LINE)).toContainText("is full. Somebody was turned away.", { timeout: 2_000 });
      await expect(page.getByRole("link", { name: "Notices 1 not read" })).toBeVisible();
      await audit(page);
    }
    await mo.getByRole("button", { name: "Dismiss the notice" }).click();
    await expect(mo.locator(LINE)).toHaveCount(0);

    await ines.getByRole("link", { name: /^Notices/ }).click();
    const notice = ines.locator(".notice");
    await expect(notice).toHaveCount(1);
    await audit(ines);
    await notice.getByRole("button", { name: "Mark as read" }).click();
    await expect(notice).toHaveAttribute("data-read", "true");
    await expect(ines.getByRole("link", { name: "Notices", exact: true })).toBeVisible();
    await ines.getByRole("link", { name: "Errors" }).click();
    await expect(ines.getByText("There is nothing to tell.")).toBeVisible();
  } finally {
    await podium.stop();
  }
});

test("the figures of the house move while one looks, in words and as a table too", async ({ visitor, desk }) => {
  const page = await visitor({ ...DEVICES.desktop, storageState: await desk.signedIn() });
  await visit(page, "/dashboard");
  await alive(page);
  const charts = page.locator(".health-chart");
  await expect(charts).toHaveCount(8);
  const connections = charts.filter({ hasText: "Connections" });
  const spoken = () => connections.getByRole("img").getAttribute("aria-label");
  await expect.poll(spoken).toContain("Open");
  const before = await charts.filter({ hasText: "Processors" }).locator("polyline").first().getAttribute("points");
  await expect.poll(() => charts.filter({ hasText: "Processors" }).locator("polyline").first().getAttribute("points")).not.toBe(before);
  await connections.getByText("As a table").click();
  await expect(connections.locator("tbody tr").first()).toBeVisible();
  // A room that opens shows by itself.
  const code = await desk.open(await desk.write(quickQuiz(1, { title: "A room that opens" })));
  await expect(page.locator(".room-card").filter({ hasText: "A room that opens" })).toBeVisible({ timeout: 15_000 });
  await expect(page.getByRole("link", { name: "Back to the host page" }).last()).toHaveAttribute("href", new RegExp(`/host/`));
  expect(code).toHaveLength(6);
});

test("an admin sees a phone among the connections and closes it; it comes back with its seat", async ({ visitor, desk }) => {
  const room = await Room.open(await desk.write(quickQuiz(1)), desk, visitor);
  const phone = await room.player("Inspected Ada");
  const page = await visitor({ ...DEVICES.desktop, storageState: await desk.signedIn() });
  await visit(page, "/connections?q=inspected");
  const row = page.getByRole("row", { name: /Inspected Ada/ });
  await expect(row).toContainText("Chrome on Android");
  await expect(row).toContainText("Player");
  await audit(page);
  const id = await row.getByRole("button", { name: /^Close the connection/ }).getAttribute("popovertarget");
  await row.getByRole("button", { name: "Close the connection of Inspected Ada" }).click();
  await page.getByRole("dialog", { name: /Close the connection/ }).getByRole("button", { name: "Close it" }).click();
  await expect(page.locator(`#${id}`)).toHaveCount(0);
  // Another one takes its place, without a reload.
  await expect(row).toBeVisible({ timeout: 15_000 });
  await alive(phone);
  await expect(phone.getByText("You are back, nothing was lost.").or(phone.getByRole("heading", { level: 1 })).first()).toBeVisible();
});
