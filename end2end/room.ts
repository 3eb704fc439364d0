// A room with its people, as their browsers see it.
import { type BrowserContextOptions, type Locator, type Page, devices, expect } from "@playwright/test";
import { type Desk, RIGHT } from "./desk.js";
import type { Podium } from "./podium.js";
import { visit } from "./visit.js";

/** Makes a page of another person, with cookies of its own. */
export type Visitor = (options?: BrowserContextOptions) => Promise<Page>;

const { defaultBrowserType: _desktop, ...desktop } = devices["Desktop Chrome"];
const { defaultBrowserType: _phone, ...phone } = devices["Pixel 7"];

/** The devices that people bring: hosts and stages sit at computers, players hold phones. */
export const DEVICES = { desktop, phone } satisfies Record<string, BrowserContextOptions>;

export class Room {
  private constructor(
    readonly code: string,
    /** The host's page. */
    readonly host: Page,
    private readonly desk: Desk,
    private readonly visitor: Visitor,
  ) {}

  /** Opens a room for a quiz, with its host in it. */
  static async open(quiz: number, desk: Desk, visitor: Visitor): Promise<Room> {
    const code = await desk.open(quiz);
    const host = await visitor({ ...DEVICES.desktop, storageState: await desk.signedIn() });
    await visit(host, `/host/${code}`);
    return new Room(code, host, desk, visitor);
  }

  /** The stage in a browser of its own. */
  async stage(): Promise<Page> {
    const stage = await this.visitor({ ...DEVICES.desktop, storageState: await this.desk.signedIn() });
    await visit(stage, `/stage/${this.code}`);
    return stage;
  }

  /** Somebody with a phone who joins. */
  async player(name: string, options: BrowserContextOptions = {}): Promise<Page> {
    const page = await this.visitor({ ...DEVICES.phone, ...options });
    await join(page, this.code, name);
    return page;
  }

  /** The host presses the one large button, once it says so. */
  async press(label: string): Promise<void> {
    await this.host.getByRole("button", { name: label }).click();
  }

  /** What the host reads above the button. */
  get heading(): Locator {
    return this.host.getByRole("heading", { level: 1 });
  }
}

/** Somebody at a computer with an account of their own in this role, signed in. */
export async function signIn(podium: Podium, visitor: Visitor, role: string): Promise<Page> {
  const email = `${role}-${Date.now()}@quiz.example`;
  const password = await podium.account(email, `Somebody ${role}`, role);
  const page = await visitor(DEVICES.desktop);
  await visit(page, "/login");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Dashboard");
  return page;
}

/** Joins by the form. */
export async function join(page: Page, code: string, name: string): Promise<void> {
  await visit(page, `/join/${code}`);
  await page.getByLabel("Your name").fill(name);
  await page.getByRole("button", { name: "Join the room" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText(`in, ${name}`);
  await alive(page);
}

/** Waits until the page's link stands. */
export async function alive(page: Page): Promise<void> {
  await expect(page.locator(".connection .words")).toHaveText("Connected");
}

/** One answer on a phone. */
export function tile(player: Page, text: string): Locator {
  return player.getByRole("group").getByRole("button").filter({ has: player.getByText(text, { exact: true }) });
}

/** Answers and waits until the server has the answer for good. */
export async function answer(player: Page, text: string = RIGHT): Promise<void> {
  await tile(player, text).click();
  await expect(player.getByText("Taken. Now look at the stage.").or(player.locator(".play-result"))).toBeVisible();
}

/** Names and scores of a list of ranks, in its order. */
export async function ranks(list: Locator): Promise<string[]> {
  return list.evaluateAll((rows) =>
    rows.map((row) => {
      const name = row.querySelector("bdi")?.textContent ?? "";
      // The noun after a score is for screen readers.
      const score = (row.querySelector(".score, .number")?.textContent ?? "").replace(/[^\d,]/g, "");
      return `${name} ${score}`;
    }),
  );
}
