// What every journey starts with: a Podium of its worker's own, and a browser whose complaints fail the test.
import { AxeBuilder } from "@axe-core/playwright";
import { type BrowserContext, type BrowserContextOptions, type Page, test as base, expect } from "@playwright/test";
import { Podium } from "./podium.js";

export { expect, Podium };

/** What browsers complained about: console errors (CSP violations are among them), hydration warnings, uncaught errors. */
export class Complaints {
  private readonly heard: string[] = [];
  private readonly expected: RegExp[] = [];

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
  visitor: (options?: BrowserContextOptions) => Promise<Page>;
};

export const test = base.extend<EachTest, { podium: Podium }>({
  podium: [
    async ({}, use) => {
      const podium = await Podium.start();
      await use(podium);
      await podium.stop();
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
});

/** Waits until every button of the page works. Before that a click may reach a button that does nothing. */
export async function hydrated(page: Page): Promise<void> {
  await page.locator("html[data-hydrated]").waitFor({ state: "attached" });
}

/** Opens an address and waits until it is alive. */
export async function visit(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await hydrated(page);
}

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
