// The WebSocketService of document 001: `{ type, data }`, handlers by type, retries after 1, 2, 4, 8 and 16 s.
import type { Driven, Start } from "./driven.js";

type Told = { type: string; data?: any; [field: string]: any };
type Handler = (told: Told) => void;

export class WebSocketService {
  maxReconnectAttempts = 5;
  reconnectDelay = 1_000;
  lastClose: { code: number; reason: string } | undefined;
  private socket: WebSocket | undefined;
  private session = "";
  private token = "";
  private attempts = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly handlers = new Map<string, Set<Handler>>();

  constructor(private readonly base: string) {}

  get isConnected(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  get currentSessionId(): string {
    return this.session;
  }

  connect(session: string, token: string): void {
    [this.session, this.token] = [session, token];
    this.attempts = 0;
    this.open();
  }

  disconnect(): void {
    clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = undefined;
    this.session = "";
    socket?.close();
  }

  send(type: string, data: unknown): void {
    if (this.isConnected) this.socket!.send(JSON.stringify({ type, data }));
  }

  on(type: string, handler: Handler): () => void {
    this.handlers.set(type, (this.handlers.get(type) ?? new Set()).add(handler));
    return () => this.off(type, handler);
  }

  off(type: string, handler: Handler): void {
    this.handlers.get(type)?.delete(handler);
  }

  private open(): void {
    const socket = new WebSocket(`${this.base}/ws/${this.session}?token=${this.token}`);
    this.socket = socket;
    socket.onopen = () => (this.attempts = 0);
    socket.onmessage = ({ data }) => {
      const told = JSON.parse(data) as Told;
      this.handlers.get(told.type)?.forEach((handler) => handler(told));
    };
    socket.onclose = ({ code, reason }) => {
      this.lastClose = { code, reason };
      if (this.socket !== socket || this.attempts >= this.maxReconnectAttempts) return;
      const wait = Math.min(this.reconnectDelay * 2 ** this.attempts, 30_000);
      this.attempts += 1;
      this.timer = setTimeout(() => this.open(), wait);
    };
  }
}

export const start: Start = (origin, session, token): Driven => {
  const service = new WebSocketService(origin.replace(/^http/, "ws"));
  const last: Record<string, Told | undefined> = {};
  const scores = new Map<string, { user: string; score: number; rank: number }>();
  const taken: string[] = [];
  const remember = (told: Told) => (last[told.type] = told);
  for (const type of ["connection", "session_update", "error"]) service.on(type, remember);
  for (const type of ["user_joined", "user_left"]) service.on(type, (told) => (last["people"] = told));
  // A handler that was taken off hears nothing.
  const unsubscribe = service.on("connection", () => console.error("this handler was taken off"));
  unsubscribe();
  service.on("score_update", (told) => scores.set(told["user_id"], { user: told["user_id"], score: told.data.score, rank: told.data.rank }));
  service.on("answer_taken", (told) => taken.push(told["correlation_id"]));
  service.connect(session, token ?? "");
  return {
    isConnected: () => service.isConnected && service.currentSessionId === session,
    lastClose: () => service.lastClose,
    me: () => last["connection"]?.["user_id"],
    count: () => last["people"] && { people: last["people"]["participant_count"], user: last["people"]["user_id"] },
    question: () => {
      const data = last["session_update"]?.data;
      return data && { state: data.state, number: data.question_number, remaining: data.time_remaining };
    },
    scores: () => [...scores.values()].sort((a, b) => b.score - a.score),
    error: () => {
      const error = last["error"];
      return error && { code: error["code"], text: error["error"], help: error["help"], recoverable: error["recoverable"] };
    },
    taken: () => taken,
    answer: (turn, choice, id) => service.send("answer", { turn, choice, correlation_id: id }),
    babble: () => service.send("nonsense", {}),
    stop: () => service.disconnect(),
  };
};
