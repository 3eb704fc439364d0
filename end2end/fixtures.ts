// What every journey starts with: a Podium of its worker's own, and a browser whose complaints fail the test.
import { AxeBuilder } from "@axe-core/playwright";
import { type BrowserContext, type Page, test as base, expect } from "@playwright/test";
import { parse } from "csv-parse/sync";
import { Desk, quickQuiz } from "./desk.js";
import { Network } from "./network.js";
import { Podium } from "./podium.js";
import { Room, type Visitor } from "./room.js";
import { hydrated, visit } from "./visit.js";

export { expect, hydrated, Podium, visit };

/** What browsers complained about: console errors (CSP violations are among them), hydration warnings, uncaught errors. */
export class Complaints {
  private readonly heard: string[] = [];
  // What a page tells of its connection is lost with the server that it would tell; pages go on without it.
  // A page that is left while it connects is no mistake of the page either.
  private readonly expected: RegExp[] = [/ERR_.*\/api\/v1\/telemetry/, /WebSocket is closed before the connection is established/];

  /** Says before it happens that a journey provokes a complaint, such as a 404 it asks for. */
  expect(pattern: RegExp): void {
    this.expected.push(pattern);
  }

  listen(context: BrowserContext): void {
    context.on("console", (message) => {
      // A preloaded file that a slow machine has not used yet is no mistake of the page.
      const relevant =
        message.type() === "error" || (message.type() === "warning" && !/was preloaded using link/.test(message.text()));
      if (relevant) this.heard.push(`${message.type()}: ${message.text()} (${message.location().url})`);
    });
    context.on("weberror", (error) => this.heard.push(`uncaught: ${error.error().stack ?? error.error()}`));
  }

  unexpected(): string[] {
    return this.heard.filter((text) => !this.expected.some((pattern) => pattern.test(text)));
  }
}

type EachTest = {
  complaints: Complaints;
  /** Makes another person: a page with cookies of its own. */
  visitor: Visitor;
  /** Makes a network of its own to the worker's Podium, or to another one. */
  network: (podium?: Podium) => Promise<Network>;
  /** Opens a room with its host, for a quiz or for a quick one with so many questions. */
  openRoom: (quiz: number | { questions: number } & Parameters<typeof quickQuiz>[1]) => Promise<Room>;
};

type EachWorker = {
  podium: Podium;
  /** The admin of the worker's Podium. */
  desk: Desk;
};

export const test = base.extend<EachTest, EachWorker>({
  podium: [
    async ({}, use) => {
      const podium = await Podium.start();
      await use(podium);
      await podium.stop();
    },
    { scope: "worker" },
  ],

  desk: [
    async ({ podium }, use) => {
      const desk = await Desk.setUp(podium);
      await use(desk);
      await desk.close();
    },
    { scope: "worker" },
  ],

  baseURL: async ({ podium }, use) => use(podium.url),

  complaints: async ({}, use) => {
    const complaints = new Complaints();
    await use(complaints);
    expect(complaints.unexpected(), "the browser's complaints").toEqual([]);
  },

  context: async ({ context, complaints }, use) => {
    complaints.listen(context);
    await use(context);
  },

  visitor: async ({ browser, contextOptions, baseURL, complaints }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (options) => {
      const context = await browser.newContext({ ...contextOptions, baseURL, ...options });
      complaints.listen(context);
      contexts.push(context);
      return context.newPage();
    });
    await Promise.all(contexts.map((context) => context.close()));
  },

  network: async ({ podium }, use) => {
    const networks: Network[] = [];
    await use(async (other) => {
      const network = await Network.to((other ?? podium).authority);
      networks.push(network);
      return network;
    });
    await Promise.all(networks.map((network) => network.close()));
  },

  openRoom: async ({ desk, visitor }, use) => {
    await use(async (quiz) => {
      const id = typeof quiz === "number" ? quiz : await desk.write(quickQuiz(quiz.questions, quiz));
      return Room.open(id, desk, visitor);
    });
  },
});

/** Checks the page by axe, in the light and in the dark theme. */
export async function audit(page: Page): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const { violations } = await new AxeBuilder({ page }).analyze();
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`);
    expect(found, `accessibility in the ${colorScheme} theme`).toEqual([]);
  }
}

/** The paths that the page asks for from now on, in order; without the icon, which the browser fetches as it likes. */
export function requests(page: Page): string[] {
  const paths: string[] = [];
  page.on("request", (request) => {
    const path = new URL(request.url()).pathname;
    if (path !== "/favicon.svg") paths.push(path);
  });
  return paths;
}

/** Follows a link to a file and returns what is in it; its name fits `name`. */
export async function download(page: Page, link: string, name: RegExp): Promise<string> {
  return (await downloadBytes(page, link, name)).toString();
}

/** The same for what is no text. */
export async function downloadBytes(page: Page, link: string, name: RegExp): Promise<Buffer> {
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: link }).click()]);
  expect(file.suggestedFilename()).toMatch(name);
  const pieces: Buffer[] = [];
  for await (const piece of await file.createReadStream()) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

/** Reads a CSV file: its rows by the names of their columns. */
export function table(text: string): Record<string, string>[] {
  return parse(text, { columns: true, bom: true });
}
