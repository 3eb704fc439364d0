// Other programs' clients in a page: compiled as their own build would, and started where the product's own pages are.
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Page } from "@playwright/test";
import ts from "typescript";
import type { Driven } from "./driven.js";

/** The documents' clients. */
export const CLIENTS = ["clausebot", "trivia", "masterx", "netra"] as const;
export type ClientName = (typeof CLIENTS)[number];

/** Starts a client in a page that is open. The page's policy for scripts does not apply to what a debugger runs. */
export async function start(page: Page, name: ClientName, session: string, token?: string): Promise<Client> {
  const source = await readFile(path.join(import.meta.dirname, `${name}.ts`), "utf8");
  const { module, target } = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 };
  const { outputText } = ts.transpileModule(source, { compilerOptions: { module, target } });
  await page.evaluate(`(() => { const exports = {}; ${outputText}; globalThis.startClient = exports.start; })()`);
  await page.evaluate(
    async ([session, token]) => {
      const here = globalThis as unknown as { startClient: (...of: unknown[]) => unknown; client: unknown };
      here.client = await here.startClient(location.origin, session, token);
    },
    [session, token] as const,
  );
  return new Client(page);
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
