// The chat: off until the host lets people write, out of the way of the game, and gone when the host says so.
import type { Locator, Page } from "@playwright/test";
import { audit, expect, test } from "../../fixtures.js";
import { expectNoOverflow, expectTargets } from "../../layout.js";
import { answer, tile } from "../../room.js";

test("people write to each other once the host lets them", async ({ openRoom }) => {
  const room = await openRoom({ questions: 2 });
  const stage = await room.stage();
  const ada = await room.player("Ada");
  const grace = await room.player("Grace");
  const hosts = room.host.getByRole("region", { name: "Chat" });
  await expect(hosts).toContainText("Chat is off.");
  await expect(button(ada)).toBeHidden();
  await hosts.getByRole("button", { name: "Switch chat on" }).click();
  await expect(hosts).toContainText("Messages are not kept");

  await button(ada).click();
  await expect(panel(ada).getByRole("heading", { name: "Chat" })).toBeFocused();
  await write(ada, "<b>Hello</b> & </script>");
  await expect(messages(ada)).toContainText("Ada <b>Hello</b> & </script> Sent");
  await expect(button(grace)).toHaveAccessibleName(/^Chat\s*, 1 new message$/);
  await button(grace).click();
  await expect(messages(grace)).toContainText("Ada <b>Hello</b> & </script>");
  await expect(button(grace)).toHaveAccessibleName("Chat");

  // Typing is seen by others, and ends though the typist does nothing more.
  await field(grace).pressSequentially("Hi");
  for (const other of [panel(ada), hosts]) await expect(other.locator(".typing")).toHaveText("Grace is typing…", { timeout: 1_000 });
  await expect(panel(grace).locator(".typing")).toBeEmpty();
  await expect(panel(ada).locator(".typing")).toBeEmpty({ timeout: 5_500 });

  await hosts.getByLabel("Message to all").fill("Welcome!");
  await hosts.getByRole("button", { name: "Send" }).click();
  await expect(messages(grace)).toContainText("Host Welcome!");
  await hosts.getByRole("button", { name: "Remove what Ada wrote" }).click();
  for (const player of [ada, grace]) {
    await expect(messages(player)).toContainText("Ada The host took this message away.");
    await expect(messages(player)).not.toContainText("Hello");
  }
  await expect(field(grace), "what was being typed is still there").toHaveValue("Hi");
  await expect(stage.locator("body")).not.toContainText("Welcome!");
  for (const page of [ada, room.host]) {
    await audit(page);
    await expectTargets(page);
    await expectNoOverflow(page);
  }
});

test("a question has the screen to itself, and letters written to others are no answers", async ({ openRoom }) => {
  const room = await openRoom({ questions: 2 });
  const ada = await room.player("Ada");
  const grace = await room.player("Grace");
  await room.host.getByRole("button", { name: "Switch chat on" }).click();
  await button(ada).click();
  await field(ada).fill("Half a sen");
  await room.press("Start the quiz");
  await expect(tile(ada, "Nor this")).toBeVisible();
  await expect(panel(ada)).toBeHidden();

  await button(ada).click();
  const game = (await ada.locator("#content").boundingBox())!;
  const chat = (await panel(ada).boundingBox())!;
  expect(chat.y, "the panel lies below the answers").toBeGreaterThanOrEqual(game.y + game.height);
  await expect(messages(ada)).toHaveAttribute("aria-live", "off");
  await expect(field(ada)).toHaveValue("Half a sen");
  await field(ada).press("End");
  await field(ada).pressSequentially("tence abcd 1234");
  await field(ada).press("Enter");
  await expect(messages(ada)).toContainText("Half a sentence abcd 1234");
  await expect(ada.locator(".play-question")).toHaveAttribute("data-stretch", "answering");
  await expect(ada.getByText("Taken. Now look at the stage.")).toBeHidden();
  await button(ada).click();
  await answer(ada);
  await answer(grace);
  await expect(panel(ada), "what was open before the question is open again").toBeVisible();
  await expect(messages(ada)).toHaveAttribute("aria-live", "polite");
});

test("a message written in an outage goes out once, or says why it did not", async ({ openRoom, network, complaints }) => {
  complaints.expect(/WebSocket connection to|ERR_/);
  const near = await network();
  const room = await openRoom({ questions: 1 });
  const ada = await room.player("Ada", { baseURL: near.url });
  const grace = await room.player("Grace");
  const hosts = room.host.getByRole("region", { name: "Chat" });
  await hosts.getByRole("button", { name: "Switch chat on" }).click();
  for (const player of [ada, grace]) await button(player).click();

  near.cut();
  await expect(ada.getByText("Reconnecting… Your seat is safe.")).toBeVisible();
  await write(ada, "Am I heard?");
  await expect(panel(ada).getByText("Kept. It goes out when you are back.")).toBeVisible();
  await write(grace, "Where is Ada?");
  near.mend();
  await expect(messages(grace)).toContainText("Ada Am I heard?");
  for (const player of [ada, grace]) {
    await expect(messages(player).getByRole("listitem")).toHaveText([/^Grace Where is Ada\?/, /^Ada Am I heard\?/]);
  }

  near.cut();
  await expect(ada.getByText("Reconnecting… Your seat is safe.")).toBeVisible();
  await write(ada, "Too late");
  await hosts.getByRole("button", { name: "Switch chat off" }).click();
  await expect(button(grace)).toBeHidden();
  near.mend();
  await expect(button(ada)).toBeHidden({ timeout: 20_000 });
  await hosts.getByRole("button", { name: "Switch chat on" }).click();
  await expect(panel(ada).getByText("Not sent. Chat is off in this room.")).toBeVisible();
  await panel(ada).getByRole("button", { name: "Try again" }).click();
  await expect(messages(grace)).toContainText("Ada Too late");
});

test("messages are kept only while the host says so", async ({ openRoom, podium }) => {
  const room = await openRoom({ questions: 1, title: "Kept or not" });
  const ada = await room.player("Ada");
  const hosts = room.host.getByRole("region", { name: "Chat" });
  const stored = () => podium.rows("select chat.text from chat join session on session.id = chat.session_id where session.title = 'Kept or not'");
  await hosts.getByRole("button", { name: "Switch chat on" }).click();
  await button(ada).click();
  await expect(panel(ada)).toContainText("Messages are not kept.");
  await write(ada, "Not for ever");
  await expect(messages(ada)).toContainText("Sent");
  expect(await stored()).toEqual([]);
  await hosts.getByRole("button", { name: "Keep messages" }).click();
  await expect(panel(ada)).toContainText(/Messages are kept until \d+ [A-Z][a-z]+ \d{4}\./);
  await write(ada, "For a while");
  await expect.poll(stored).toEqual([["For a while"]]);
  await hosts.getByRole("button", { name: "Stop, and delete what was kept" }).click();
  await expect(panel(ada)).toContainText("Messages are not kept.");
  expect(await stored()).toEqual([]);
});

/** The player's button, whatever number stands on it. */
function button(player: Page): Locator {
  return player.getByRole("button", { name: /^Chat/ });
}

function panel(player: Page): Locator {
  return player.getByRole("region", { name: "Chat" });
}

/** What was written, as one text. */
function messages(player: Page): Locator {
  return panel(player).getByRole("log");
}

function field(player: Page): Locator {
  return panel(player).getByLabel("Message to all");
}

async function write(player: Page, text: string): Promise<void> {
  await field(player).fill(text);
  await field(player).press("Enter");
  await expect(field(player)).toHaveValue("");
}
