// Who may do what, by clicking: what somebody must not do is not shown to them, and refused in words where a page shows it
// that was opened before.
import type { Locator, Page } from "@playwright/test";
import { type SignedIn, quickQuiz } from "../../desk.js";
import { expect, test, visit } from "../../fixtures.js";
import { DEVICES, signIn } from "../../room.js";

/** The sections that each role finds. */
const SECTIONS = {
  admin: ["Dashboard", "Quizzes", "Timed sessions", "People", "Accounts", "Connections", "Notices"],
  host: ["Dashboard", "Quizzes", "Timed sessions"],
  viewer: ["Dashboard", "Quizzes", "Timed sessions"],
};

/** Something that not everybody may do: where it is, what is clicked one after the other, and who may. */
type Deed = { page: string; clicks: ((page: Page) => Locator)[]; may: (keyof typeof SECTIONS)[] };

const button = (name: RegExp) => (page: Page) => page.getByRole("button", { name }).first();
const link = (name: RegExp) => (page: Page) => page.getByRole("link", { name }).first();
const inDialog = (name: RegExp) => (page: Page) => page.getByRole("dialog").getByRole("button", { name }).last();

const REFUSED = /not for your account|your account may not do this/i;

/** Makes somebody else of a browser whose page stays open. */
async function become(page: Page, who: SignedIn): Promise<void> {
  await page.context().clearCookies();
  await page.context().addCookies(who.cookies);
}

test("what a role must not do is not shown to it, and refused where it is clicked all the same", async ({ visitor, desk, podium, complaints }) => {
  test.setTimeout(240_000);
  complaints.expect(/status of 40[34]|WebSocket connection to/);
  const quiz = await desk.write(quickQuiz(2, { title: "Only to look at" }));
  const session = await desk.openTimed(quiz, { minutes: "60" }, "Guarded");
  const room = await desk.open(quiz);
  const guarded = await visitor(DEVICES.phone);
  await visit(guarded, session.links.Guarded!);
  await guarded.getByRole("button", { name: "Start" }).click();
  await expect(guarded.locator(".timed-question")).toBeVisible();
  const deeds: Record<string, Deed> = {
    "write a quiz": { page: "/quizzes", clicks: [button(/New quiz/)], may: ["admin", "host"] },
    "go on writing": { page: "/quizzes", clicks: [link(/Only to look at/)], may: ["admin", "host"] },
    "open a room": { page: "/quizzes", clicks: [button(/^Open a room/)], may: ["admin", "host"] },
    "delete a quiz": { page: "/quizzes", clicks: [button(/^Delete “?Only to look at/), inDialog(/Delete/)], may: ["admin", "host"] },
    "open a timed session": { page: "/quizzes", clicks: [link(/Timed session of Only to look at/)], may: ["admin", "host"] },
    "give more time": { page: `/sessions/${session.id}`, clicks: [button(/Manage Guarded/), inDialog(/\+1 min/)], may: ["admin", "host"] },
    "take a link back": { page: `/sessions/${session.id}`, clicks: [button(/Manage Guarded/), inDialog(/Revoke/), inDialog(/Revoke it/)], may: ["admin", "host"] },
    "close a session": { page: `/sessions/${session.id}`, clicks: [button(/Close session/), inDialog(/Close the session/)], may: ["admin", "host"] },
    "invite people": { page: `/sessions/${session.id}`, clicks: [link(/Invite people/)], may: ["admin"] },
    "add somebody": { page: "/people", clicks: [link(/Add a person/), button(/^Save/)], may: ["admin"] },
    "delete somebody": { page: "/people?q=Guarded", clicks: [button(/^Delete/), inDialog(/Delete/)], may: ["admin"] },
    "invite a colleague": { page: "/accounts", clicks: [button(/Make a link/)], may: ["admin"] },
    "close a connection": { page: "/connections", clicks: [button(/^Close the connection/), inDialog(/Close it/)], may: ["admin"] },
  };
  const signedIn = await desk.signedIn();
  const looking = await visitor({ ...DEVICES.desktop, storageState: signedIn });
  await visit(looking, `/stage/${room}`);
  const before = await podium.rows("select (select count(*) from quiz), (select count(*) from person), (select count(*) from session)");

  for (const role of ["viewer", "host", "admin"] as const) {
    const own = await signIn(podium, visitor, role);
    const names = await own.getByRole("navigation", { name: "Sections" }).getByRole("link").allTextContents();
    expect(names.map((name) => name.replace(/\d.*/, "").trim()), `the sections of a ${role}`).toEqual(SECTIONS[role]);
    const who = await own.context().storageState();
    for (const [deed, { page: address, clicks, may }] of Object.entries(deeds)) {
      await test.step(`${role}: ${deed}`, async () => {
        await own.goto(address);
        await expect(own.locator("h1").first()).toBeVisible();
        if (may.includes(role)) {
          await expect(clicks[0]!(own), `${deed} is there`).toBeVisible();
          return;
        }
        await expect(clicks[0]!(own), `${deed} is not there`).toHaveCount(0);
        // Somebody who may opened the page, and is a ${role} by now.
        const stale = await visitor({ ...DEVICES.desktop, storageState: signedIn });
        await visit(stale, address);
        await become(stale, who);
        for (const click of clicks) await click(stale).click({ timeout: 15_000 });
        await expect(stale.getByText(REFUSED).first(), `${deed} is refused in words`).toBeVisible();
        await stale.close();
      });
    }
  }
  const after = await podium.rows("select (select count(*) from quiz), (select count(*) from person), (select count(*) from session)");
  expect(after).toEqual(before);
});
