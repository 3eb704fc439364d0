// The native client with events of document 003: `{ type, data, timestamp }`, sessions entered on one connection, a queue
// for what is said while it is cut, a ping every 30 s, retries from 1 s up to 5 s.
import type { Driven, Start } from "./driven.js";

type Event = { type: string; data: any; timestamp: number };
type Handler = (data: any) => void;

export class NativeSocketClient {
  isConnected = false;
  lastClose: { code: number; reason: string } | undefined;
  private socket: WebSocket | undefined;
  private queue: string[] = [];
  private attempts = 0;
  private timers: ReturnType<typeof setTimeout>[] = [];
  private readonly handlers = new Map<string, Set<Handler>>();

  constructor(private readonly url: string) {}

  connect(): void {
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.onopen = () => {
      this.isConnected = true;
      this.attempts = 0;
      this.tell("connect", {});
      for (const text of this.queue.splice(0)) socket.send(text);
      this.timers.push(setInterval(() => this.emit("ping", {}), 30_000));
    };
    socket.onmessage = ({ data }) => {
      const event = JSON.parse(data) as Event;
      this.tell(event.type, event.data);
    };
    socket.onclose = ({ code, reason }) => {
      this.isConnected = false;
      this.lastClose = { code, reason };
      this.timers.splice(0).forEach(clearInterval);
      if (this.socket !== socket || code === 1008) return;
      this.timers.push(setTimeout(() => this.connect(), Math.min(1_000 * 2 ** this.attempts++, 5_000)));
    };
  }

  disconnect(): void {
    const socket = this.socket;
    this.socket = undefined;
    this.timers.splice(0).forEach(clearTimeout);
    socket?.close();
  }

  subscribe(type: string, handler: Handler): () => void {
    const handlers = this.handlers.get(type) ?? new Set();
    this.handlers.set(type, handlers.add(handler));
    return () => void handlers.delete(handler);
  }

  emit(type: string, data: object): void {
    const text = JSON.stringify({ type, data, timestamp: Math.floor(Date.now() / 1_000) });
    if (this.isConnected) this.socket!.send(text);
    else this.queue.push(text);
  }

  joinSession(session: string): void {
    this.emit("join_session", { session_id: session });
  }

  leaveSession(session: string): void {
    this.emit("leave_session", { session_id: session });
  }

  private tell(type: string, data: any): void {
    this.handlers.get(type)?.forEach((handler) => handler(data));
  }
}

export const start: Start = (origin, session, token): Driven => {
  const client = new NativeSocketClient(`${origin.replace(/^http/, "ws")}/api/ws?token=${token ?? ""}`);
  const last: Record<string, any> = {};
  const scores = new Map<string, { user: string; score: number; rank: number }>();
  const taken: string[] = [];
  client.subscribe("connect", () => client.joinSession(session));
  client.subscribe("connected", (data) => {
    if (data.session_id === session) last["me"] = data.user_id;
  });
  for (const type of ["user_joined", "user_left"]) client.subscribe(type, (data) => (last["people"] = data));
  for (const type of ["session_update", "error"]) client.subscribe(type, (data) => (last[type] = data));
  client.subscribe("score_update", (data) => scores.set(data.user_id, { user: data.user_id, score: data.score, rank: data.rank }));
  // The envelope's id is not handed to handlers; the turn says as much.
  client.subscribe("answer_taken", (data) => taken.push(`a-${data.turn}`));
  client.connect();
  return {
    isConnected: () => client.isConnected,
    lastClose: () => client.lastClose,
    me: () => last["me"],
    count: () => last["people"] && { people: last["people"].participant_count, user: last["people"].user_id },
    question: () => {
      const data = last["session_update"];
      return data && { state: data.state, number: data.question_number, remaining: data.time_remaining };
    },
    scores: () => [...scores.values()].sort((a, b) => b.score - a.score),
    error: () => {
      const error = last["error"];
      return error && { code: error.code, text: error.error, help: error.help, recoverable: error.recoverable };
    },
    taken: () => taken,
    answer: (turn, choice, id) => client.emit("answer", { turn, choice, correlation_id: id }),
    babble: () => client.emit("nonsense", {}),
    stop: () => {
      client.leaveSession(session);
      client.disconnect();
    },
  };
};
