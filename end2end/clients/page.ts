// Other programs' clients in a page: compiled as their own build would, and started where the product's own pages are.
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Page } from "@playwright/test";
import ts from "typescript";
import type { Countdown, Table } from "./catalytic.js";
import type { Driven } from "./driven.js";

/** The documents' clients. */
export const CLIENTS = ["clausebot", "trivia", "masterx", "netra"] as const;
export type ClientName = (typeof CLIENTS)[number];

/** Starts a client in a page that is open. */
export async function start(page: Page, name: ClientName, session: string, token?: string): Promise<Client> {
  await load(page, name);
  await page.evaluate(
    async ([session, token]) => {
      const here = globalThis as unknown as { startClient: (...of: unknown[]) => unknown; client: unknown };
      here.client = await here.startClient(location.origin, session, token);
    },
    [session, token] as const,
  );
  return new Client(page);
}

/** Starts the table of people of document 002 in a page of an admin, and tells what it shows. */
export async function startTable(page: Page): Promise<<K extends keyof Table>(what: K) => Promise<ReturnType<Table[K]>>> {
  await load(page, "catalytic");
  await page.evaluate(() => {
    const here = globalThis as unknown as { startClient: () => Table; table: Table };
    here.table = here.startClient();
  });
  return (what) => page.evaluate((what) => (globalThis as unknown as { table: Table }).table[what](), what) as any;
}

/** Starts the countdown of document 002 in a page of somebody who has a seat, and tells what it shows. */
export async function startCountdown(page: Page, session: number): Promise<<K extends keyof Countdown>(what: K) => Promise<ReturnType<Countdown[K]>>> {
  await load(page, "catalytic", "startCountdown");
  await page.evaluate((session) => {
    const here = globalThis as unknown as { startClient: (session: string) => Countdown; countdown: Countdown };
    here.countdown = here.startClient(session);
  }, String(session));
  return (what) => page.evaluate((what) => (globalThis as unknown as { countdown: Countdown }).countdown[what](), what) as any;
}

/** Puts a client's code into a page. The page's policy for scripts does not apply to what a debugger runs. */
async function load(page: Page, name: string, what = "start"): Promise<void> {
  const source = await readFile(path.join(import.meta.dirname, `${name}.ts`), "utf8");
  const { module, target } = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 };
  const { outputText } = ts.transpileModule(source, { compilerOptions: { module, target } });
  await page.evaluate(`(() => { const exports = {}; ${outputText}; globalThis.startClient = exports.${what}; })()`);
}

/** A client that runs in a page. */
export class Client {
  constructor(readonly page: Page) {}

  /** What the client knows. */
  ask<K extends "isConnected" | "lastClose" | "me" | "count" | "question" | "scores" | "error" | "taken">(what: K): Promise<ReturnType<Driven[K]>> {
    return this.page.evaluate((what) => (globalThis as unknown as { client: Driven }).client[what](), what) as Promise<ReturnType<Driven[K]>>;
  }

  answer(turn: number, choice: number[]): Promise<void> {
    return this.page.evaluate(
      ([turn, choice]) => (globalThis as unknown as { client: Driven }).client.answer(turn, choice, `a-${turn}`),
      [turn, choice] as const,
    );
  }

  babble(): Promise<void> {
    return this.page.evaluate(() => (globalThis as unknown as { client: Driven }).client.babble());
  }

  stop(): Promise<void> {
    return this.page.evaluate(() => (globalThis as unknown as { client: Driven }).client.stop());
  }
}
