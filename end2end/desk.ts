// An admin's desk without a browser: set-up, quizzes and rooms by plain requests, so that a journey begins where it is about.
import { type APIRequestContext, type APIResponse, expect, request } from "@playwright/test";
import type { Podium } from "./podium.js";
import { below } from "./visit.js";

/** The storage of a browser that is signed in. */
export type SignedIn = Awaited<ReturnType<APIRequestContext["storageState"]>>;

/** As `domain/question.rs` has it. */
export type Question = {
  kind: "single" | "multiple" | "true_false";
  prompt: string;
  options: { text: string; is_right: boolean }[];
  reading_ms: number;
  limit_ms: number | null;
  points: number;
  explanation: string;
};

/** As `domain/quiz.rs` has it. */
export type Quiz = { title: string; description: string; language: string; questions: Question[] };

/** As `api/quiz.rs` has it. */
export type QuizCard = { id: number; title: string; question_count: number; problem_count: number };

/** A row of `protocol/timed.rs`, as far as journeys ask for it; times are milliseconds of the server's clock. */
export type Seat = { seat: number; name: string; state: string; started_at: number | null; ended_at: number | null };

/** A timed session with its personal links, as paths, by first name. */
export type TimedSession = { id: number; links: Record<string, string> };

/** Who is made by every set-up of the journeys. */
export const ADMIN = {
  organisation: "Quiz Club",
  name: "Ada Lovelace",
  email: "ada@quiz.example",
  password: "four words are easy",
};

/** The answer that is right in every question of `quickQuiz`, and one that is not. */
export const RIGHT = "Yes, this one";
export const WRONG = "No, not this";

/** A quiz without waiting: answers open at once, and a question ends when everybody has answered. */
export function quickQuiz(questions: number, settings: { title?: string; limitSeconds?: number; readingSeconds?: number } = {}): Quiz {
  const question = (number: number): Question => ({
    kind: "single",
    prompt: `Which answer is right, number ${number}?`,
    options: [WRONG, RIGHT, "Nor this", "Nor that"].map((text) => ({ text, is_right: text === RIGHT })),
    reading_ms: 1_000 * (settings.readingSeconds ?? 0),
    limit_ms: settings.limitSeconds === undefined ? null : 1_000 * settings.limitSeconds,
    points: 1_000,
    explanation: "Because it says so.",
  });
  return {
    title: settings.title ?? "Quick quiz",
    description: "",
    language: "en",
    questions: Array.from({ length: questions }, (_, place) => question(place + 1)),
  };
}

export class Desk {
  private constructor(private readonly http: APIRequestContext) {}

  /** Uses the printed link of a fresh Podium. */
  static async setUp(podium: Podium): Promise<Desk> {
    const token = (await podium.setupUrl()).split("/").at(-1)!;
    // Browsers say where a request comes from; one with a cookie that does not is refused.
    const http = await request.newContext({
      baseURL: `${podium.publicUrl}/`,
      extraHTTPHeaders: { origin: new URL(podium.publicUrl).origin },
      ignoreHTTPSErrors: true,
    });
    const desk = new Desk(http);
    const after = await desk.post("/setup", { token, ...ADMIN });
    expect(after, "the way after the set-up").toBe(`${new URL(podium.publicUrl).pathname}/quizzes`.replace("//", "/"));
    return desk;
  }

  /** The cookies of this admin, for a browser. */
  signedIn(): Promise<SignedIn> {
    return this.http.storageState();
  }

  /** Writes a quiz and returns its id. */
  async write(quiz: Quiz): Promise<number> {
    const id = Number(/\/quizzes\/(\d+)$/.exec(await this.post("/quizzes", {}))![1]);
    const { version } = await this.ask<{ version: number }>("quiz_to_edit", { id });
    await this.ask("save_quiz", { id, version, quiz });
    return id;
  }

  /** All quizzes, the last changed first. */
  quizzes(): Promise<QuizCard[]> {
    return this.ask<QuizCard[]>("quizzes", {});
  }

  /** The quiz as it is saved. */
  async quiz(id: number): Promise<Quiz> {
    return (await this.ask<{ quiz: Quiz }>("quiz_to_edit", { id })).quiz;
  }

  /** Opens a room for a quiz and returns its code. */
  async open(quiz: number): Promise<string> {
    return /\/host\/(\w+)$/.exec(await this.post("/rooms", { quiz: String(quiz) }))![1]!;
  }

  /** Opens a timed session of a quiz, for people who are invited by name; the settings are the form's fields. */
  async openTimed(quiz: number, settings: Record<string, string>, ...names: string[]): Promise<TimedSession> {
    const tag = `timed-${quiz}`;
    for (const name of names) await this.addPerson(name, "Timed", "", tag);
    const form = { quiz: String(quiz), attempts: "1", feedback: "at_the_end", may_go_back: "on", ...settings };
    const id = Number(/\/sessions\/(\d+)$/.exec(await this.post("/sessions", form))![1]);
    await this.ask("invite_people", { id, who: { Everybody: { search: "", tag, sort: "newest" } } });
    const links = Object.entries(await this.seats(id)).map(async ([name, { seat }]) => {
      const { url } = await this.ask<{ url: string }>("seat_link", { id, seat });
      return [name, new URL(url).pathname + new URL(url).search] as const;
    });
    return { id, links: Object.fromEntries(await Promise.all(links)) };
  }

  /** The seats of a timed session, by first name. */
  async seats(id: number): Promise<Record<string, Seat>> {
    const { view } = await this.ask<{ view: { seats: Seat[] } }>("timed_page", { id });
    return Object.fromEntries(view.seats.map((seat) => [seat.name.split(" ")[0], seat]));
  }

  /** Adds somebody whom the organisation knows by name. */
  async addPerson(first_name: string, last_name: string, email = "", tags = ""): Promise<void> {
    expect(await this.post("/people", { first_name, last_name, email, tags })).toMatch(/\/people$/);
  }

  /** Asks a server function as pages do. */
  async ask<T>(name: string, data: object): Promise<T> {
    const response = await this.http.post(`api/${name}`, { data });
    expect(response.ok(), `${name} answers ${response.status()}: ${await response.text()}`).toBe(true);
    return (await response.json()) as T;
  }

  async close(): Promise<void> {
    await this.http.dispose();
  }

  /** Posts a form and returns where it leads. */
  private async post(path: string, form: Record<string, string>): Promise<string> {
    const response: APIResponse = await this.http.post(below(path), { form, maxRedirects: 0 });
    expect(response.status(), `POST ${path}: ${await response.text()}`).toBe(303);
    return response.headers()["location"]!;
  }
}
