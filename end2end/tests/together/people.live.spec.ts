// People: two admins side by side, and the table of another program beside them.
import { startTable } from "../../clients/page.js";
import { Desk, quickQuiz } from "../../desk.js";
import { download, downloadBytes, expect, hydrated, Podium, test, visit } from "../../fixtures.js";
import { DEVICES, signIn } from "../../room.js";

test("two admins see the same people within a second, without a reload, and nothing moves under their hands", async ({ visitor, network, complaints }) => {
  complaints.expect(/WebSocket connection to|ERR_/);
  const podium = await Podium.start();
  try {
    const desk = await Desk.setUp(podium);
    for (let number = 10; number < 50; number += 1) await desk.addPerson(`Person${number}`, "King", "", number % 2 ? "odd" : "even");
    const near = await network(podium);
    const storageState = await desk.signedIn();
    const ines = await visitor({ ...DEVICES.desktop, baseURL: podium.url, storageState });
    const mo = await visitor({ ...DEVICES.desktop, baseURL: near.url, storageState });
    const other = await visitor({ ...DEVICES.desktop, baseURL: near.url, storageState });
    await visit(mo, "/people");
    await visit(other, "/quizzes");
    const table = await startTable(other);
    await expect.poll(() => table("isConnected")).toBe(true);
    await expect.poll(async () => (await table("people")).length).toBe(40);
    const rows = mo.locator(".people-table tbody tr");
    await expect(rows).toHaveCount(40);
    await expect(mo.locator(".connection")).toContainText("Connected");

    // One adds, the other is reading further down and keeps the place.
    await mo.evaluate(() => document.documentElement.setAttribute("data-same-document", ""));
    const reading = mo.getByRole("row", { name: "Person12 King" });
    await reading.scrollIntoViewIfNeeded();
    const place = (await reading.boundingBox())!.y;
    await visit(ines, "/people");
    await ines.getByRole("link", { name: "Add a person" }).click();
    await ines.getByLabel("First name").fill("Zoë");
    await ines.getByLabel("Last name").fill("Öz");
    await ines.getByLabel("E-mail").fill("ZOE@quiz.example");
    await ines.getByLabel("Tags").fill("north, 2027");
    await ines.getByRole("button", { name: "Save" }).click();
    await hydrated(ines);
    await expect(ines.getByRole("row", { name: /Zoë Öz/ })).toContainText("zoe@quiz.example");
    await expect(rows).toHaveCount(41, { timeout: 2_000 });
    await expect(rows.first()).toContainText("Zoë Öz");
    expect(Math.abs((await reading.boundingBox())!.y - place), "the row that is being read stays where it is").toBeLessThan(2);
    await expect.poll(async () => (await table("people")).at(-1)).toBe("Zoë Öz <zoe@quiz.example> not_invited");

    // One changes a field; only that changes at the other.
    await ines.getByRole("link", { name: "Person12 King" }).click();
    await expect(ines.getByRole("heading", { level: 1 })).toHaveText("Person12 King");
    await ines.getByLabel("Last name").fill("Lovelace");
    await ines.getByRole("button", { name: "Save" }).click();
    await expect(mo.getByRole("row", { name: "Person12 Lovelace" })).toContainText("even", { timeout: 2_000 });
    await expect.poll(async () => (await table("people")).filter((person) => person.startsWith("Person12 Lovelace")).length).toBe(1);

    // The line of one breaks; what happens meanwhile is there when it is back.
    near.cut();
    await expect(mo.locator(".connection")).toContainText("Reconnecting");
    await hydrated(ines);
    const gone = ines.getByRole("row", { name: "Person13 King" });
    await gone.getByRole("button", { name: "Delete Person13 King" }).click();
    await ines.getByRole("dialog", { name: "Delete “Person13 King”?" }).getByRole("button", { name: "Delete" }).click();
    await expect(gone).toHaveCount(0);
    await expect(ines.getByRole("heading", { level: 1 })).toHaveText("People 40");
    near.mend();
    await expect(mo.getByRole("row", { name: "Person13 King" })).toHaveCount(0, { timeout: 20_000 });
    await expect.poll(() => table("isConnected"), { timeout: 20_000 }).toBe(true);
    await expect.poll(async () => (await table("people")).length).toBe(40);
    await expect(mo.locator("html[data-same-document]")).toBeAttached();
  } finally {
    await podium.stop();
  }
});

test("people are looked for, sorted and paged", async ({ visitor, desk }) => {
  for (let number = 0; number < 52; number += 1) await desk.addPerson(`Paged${number}`, "Page", "", "paging");
  const page = await visitor({ ...DEVICES.phone, storageState: await desk.signedIn() });
  await visit(page, "/people?tag=paging&sort=name");
  const rows = page.locator(".people-table tbody tr");
  await expect(rows).toHaveCount(50);
  await page.getByRole("link", { name: "Next page" }).click();
  await expect(rows).toHaveCount(2);
  await page.getByRole("link", { name: "First page" }).click();
  await expect(rows).toHaveCount(50);
  await page.getByLabel("Search").fill("paged17");
  await page.getByRole("button", { name: "Look" }).click();
  await expect(rows).toHaveCount(1);
  await hydrated(page);
  // Somebody who comes in meanwhile has a place elsewhere, and that is said.
  await desk.addPerson("Late", "Comer");
  await expect(page.getByText("1 person came in since.")).toBeVisible();
});

test("a list comes in from a file, and goes out as one", async ({ visitor, desk }) => {
  const page = await visitor({ ...DEVICES.desktop, storageState: await desk.signedIn() });
  await visit(page, "/people");
  await page.getByRole("link", { name: "Take in a list" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Take in a list");
  await page.getByRole("button", { name: "Take it in" }).click();
  await expect(page.getByRole("alert")).toContainText("Choose a file first.");
  await hydrated(page);
  const text = "Vorname;Nachname;E-Mail\nJürgen;Groß;juergen@quiz.example\n;Niemand;\nMia;;\n";
  await page.getByLabel("File").setInputFiles({ name: "liste.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
  await page.getByRole("button", { name: "Take it in" }).click();
  await expect(page.getByRole("status").filter({ hasText: "2 people came in. 1 line did not." })).toBeVisible();
  await expect(page.getByRole("alert")).toContainText("Line 3:");
  await page.getByRole("link", { name: "Show the list" }).click();
  await expect(page.getByRole("row", { name: /Jürgen Groß/ })).toContainText("juergen@quiz.example");
  expect(await download(page, "Export CSV", /\.csv$/)).toContain("Jürgen,Groß,juergen@quiz.example,");
  // The same as a workbook, which comes in again as a list: who has an address is known, who has none comes once more.
  const book = await downloadBytes(page, "Export XLSX", /\.xlsx$/);
  await page.getByRole("link", { name: "Take in a list" }).click();
  await hydrated(page);
  const mimeType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
  await page.getByLabel("File").setInputFiles({ name: "people.xlsx", mimeType, buffer: book });
  await page.getByRole("button", { name: "Take it in" }).click();
  await expect(page.getByRole("status").filter({ hasText: /came in\./ })).toBeVisible();
  await expect(page.getByRole("alert")).toContainText("has this address");
  await hydrated(page);
  await page.getByLabel("File").setInputFiles({ name: "people.xlsx", mimeType, buffer: Buffer.from("%PDF-1.7") });
  await page.getByRole("button", { name: "Take it in" }).click();
  await expect(page.getByRole("alert")).toContainText("The file is a PDF, not a table");
});

test("who may only look sees no way to change anything", async ({ visitor, podium, desk }) => {
  await desk.write(quickQuiz(1));
  const page = await signIn(podium, visitor, "viewer");
  await page.getByRole("link", { name: "Quizzes", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Quizzes");
  for (const name of [/New quiz/, /Open a room/, /^Copy/, /^Delete/]) await expect(page.getByRole("button", { name })).toHaveCount(0);
  for (const name of ["People", "Connections", "Notices", /Go on writing/]) await expect(page.getByRole("link", { name })).toHaveCount(0);
});
