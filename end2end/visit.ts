// Opening pages, and waiting until they are alive.
import type { Page } from "@playwright/test";

/** Waits until every button of the page works. Before that a click may reach a button that does nothing. */
export async function hydrated(page: Page): Promise<void> {
  await page.locator("html[data-hydrated]").waitFor({ state: "attached" });
}

/** Opens an address, which is below the page's base URL, and waits until it is alive. */
export async function visit(page: Page, address: string): Promise<void> {
  await page.goto(below(address));
  await hydrated(page);
}

/** A path as the base URL's folder has it: with a slash in front it would leave a base like `https://school.example/quiz/`. */
export function below(path: string): string {
  return path.replace(/^\//, "./");
}
