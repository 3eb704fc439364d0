// What a journey sees of another program's client, and does with it. Each client fills it from where its own document
// says that things stand; nothing here is looked for twice.
export type Driven = {
  isConnected(): boolean;
  /** How the last connection ended. */
  lastClose(): { code: number; reason: string } | undefined;
  /** The id of the welcome. */
  me(): string | undefined;
  /** The count of the last notice of somebody who came or went, and who that was. */
  count(): { people: number; user: string } | undefined;
  /** The session's last update. */
  question(): { state: string; number: number | null; remaining: number | null } | undefined;
  /** Scores, the best first. */
  scores(): { user: string; score: number; rank: number }[];
  /** The last error. */
  error(): { code: string; text: string; help: string; recoverable: boolean } | undefined;
  /** Ids of answers that the server has. */
  taken(): string[];
  answer(turn: number, choice: number[], id: string): void;
  /** Says something that nobody understands. */
  babble(): void;
  stop(): void;
};

/** Starts a client in a page: where the page came from, the session's code, and a token where the client sends one. */
export type Start = (origin: string, session: string, token: string | undefined) => Driven | Promise<Driven>;

