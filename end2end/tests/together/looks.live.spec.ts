// Every page in every state: by axe in both themes, at every width, with targets for thumbs, and without jumps.
import type { Page } from "@playwright/test";
import { audit, expect, test } from "../../fixtures.js";
import { livePages, publicPages, setupPage, timedPages, workPages } from "../../gallery.js";
import { expectNoOverflow, expectNoShifts, expectTargets, watchShifts } from "../../layout.js";
import type { Visitor } from "../../room.js";

test.describe.configure({ mode: "parallel", timeout: 600_000 });

/** Looks at a page with everything that we have, and goes on whatever it finds. */
async function look(name: string, page: Page): Promise<void> {
  await test.step(name, async () => {
    for (const check of [audit, expectTargets, expectNoOverflow, expectNoShifts]) {
      try {
        await check(page);
      } catch (why) {
        expect.soft(String(why).replaceAll(/\u001b\[\d+m/g, ""), name).toBe("");
      }
    }
  });
}

/** People whose pages tell what moves by itself. */
const watched =
  (visitor: Visitor): Visitor =>
  async (options) => {
    const page = await visitor({ reducedMotion: "reduce", ...options });
    await watchShifts(page);
    return page;
  };

test("the pages of people without a room", async ({ desk, visitor, complaints }) => {
  complaints.expect(/status of 404/);
  await publicPages(desk, watched(visitor), look);
});

test("the page of the first minutes", async ({ visitor }) => {
  await setupPage(watched(visitor), look);
});

test("the pages of who makes quizzes", async ({ desk, visitor }) => {
  await workPages(desk, watched(visitor), look);
});

test("a timed session, for those who are in it and for who looks after it", async ({ visitor }) => {
  await timedPages(watched(visitor), look);
});

test("host, stage and phone in every phase", async ({ desk, visitor }) => {
  await livePages(desk, watched(visitor), look);
});
