// The provider of document 004: discovery first, `payload` with a correlation id, messages shown before they are confirmed,
// no more a minute than the server allows, a queue while it is cut, retries from 1 s up to 30 s, five of them.
import type { Driven, Start } from "./driven.js";

type Told = { type: string; payload: any; timestamp: number; correlation_id?: string };
type Discovered = { endpoints: { websocket: string }; connection_limits: { max_message_rate: number } };
type Status = "connecting" | "open" | "closed" | "error";

export class SocketProvider {
  status: Status = "closed";
  lastClose: { code: number; reason: string } | undefined;
  readonly connectionStats = { messages_sent: 0, messages_received: 0, reconnects: 0 };
  /** What is shown before the server has confirmed it, by correlation id. */
  readonly optimistic = new Map<string, string>();
  private socket: WebSocket | undefined;
  private queue: object[] = [];
  private sentAt: number[] = [];
  private attempts = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  private constructor(
    private readonly url: string,
    private readonly rate: number,
    private readonly onMessage: (told: Told) => void,
  ) {}

  static async discover(origin: string, token: string, onMessage: (told: Told) => void): Promise<SocketProvider> {
    const response = await fetch(`${origin}/ws/config`);
    const config = ((await response.json()) as { websocket_config: Discovered }).websocket_config;
    const url = `${origin.replace(/^http/, "ws")}${config.endpoints.websocket}?token=${token}`;
    const provider = new SocketProvider(url, config.connection_limits.max_message_rate, onMessage);
    provider.connect();
    return provider;
  }

  get isConnected(): boolean {
    return this.status === "open";
  }

  connect(): void {
    this.status = "connecting";
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.onmessage = ({ data }) => {
      const told = JSON.parse(data) as Told;
      this.connectionStats.messages_received += 1;
      if (told.type === "connection_established" && this.status !== "open") {
        this.status = "open";
        this.attempts = 0;
        for (const message of this.queue.splice(0)) this.sendMessage(message);
      }
      if (told.type === "heartbeat") this.sendMessage({ type: "pong", payload: {} });
      // An optimistic message whose error comes back is rolled back.
      if (told.type === "error" && told.correlation_id) this.optimistic.delete(told.correlation_id);
      this.onMessage(told);
    };
    socket.onerror = () => (this.status = "error");
    socket.onclose = ({ code, reason }) => {
      this.status = "closed";
      this.lastClose = { code, reason };
      if (this.socket !== socket || code === 1008 || this.attempts >= 5) return;
      this.timer = setTimeout(() => {
        this.connectionStats.reconnects += 1;
        this.connect();
      }, Math.min(1_000 * 2 ** this.attempts++, 30_000));
    };
  }

  disconnect(): void {
    clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = undefined;
    socket?.close();
  }

  /** Whether it left now; otherwise it waits. */
  sendMessage(message: object): boolean {
    const now = Date.now();
    this.sentAt = this.sentAt.filter((at) => now - at < 60_000);
    if (!this.isConnected || this.sentAt.length >= this.rate) {
      this.queue.push(message);
      return false;
    }
    this.sentAt.push(now);
    this.connectionStats.messages_sent += 1;
    this.socket!.send(JSON.stringify({ ...message, timestamp: Math.floor(now / 1_000) }));
    return true;
  }

  /** Shows something at once; the id confirms it or takes it back. */
  sendOptimisticMessage(content: string, id: string = crypto.randomUUID()): string {
    this.optimistic.set(id, content);
    return id;
  }
}

export const start: Start = async (origin, session, token): Promise<Driven> => {
  const last: Record<string, any> = {};
  const scores = new Map<string, { user: string; score: number; rank: number }>();
  const taken: string[] = [];
  const provider = await SocketProvider.discover(origin, token ?? "", ({ type, payload, correlation_id }) => {
    last[type] = payload;
    if (type === "connection_established" && payload.session_id === session) last["me"] = payload.user_id;
    else if (type === "connection_established") provider.sendMessage({ type: "join_session", payload: { session_id: session } });
    else if (type === "user_joined" || type === "user_left") last["people"] = payload;
    else if (type === "score_update") scores.set(payload.user_id, { user: payload.user_id, score: payload.score, rank: payload.rank });
    else if (type === "answer_taken" && provider.optimistic.delete(correlation_id ?? "")) taken.push(payload.correlation_id);
  });
  return {
    isConnected: () => provider.isConnected,
    lastClose: () => provider.lastClose,
    me: () => last["me"],
    count: () => last["people"] && { people: last["people"].participant_count, user: last["people"].user_id },
    question: () => {
      const payload = last["session_update"];
      return payload && { state: payload.state, number: payload.question_number, remaining: payload.time_remaining };
    },
    scores: () => [...scores.values()].sort((a, b) => b.score - a.score),
    error: () => {
      const error = last["error"];
      return error && { code: error.code, text: error.error, help: error.help, recoverable: error.recoverable };
    },
    taken: () => taken,
    answer: (turn, choice, id) => {
      const correlation_id = provider.sendOptimisticMessage(String(choice), id);
      provider.sendMessage({ type: "answer", payload: { turn, choice, correlation_id } });
    },
    babble: () => void provider.sendMessage({ type: "nonsense", payload: {} }),
    stop: () => provider.disconnect(),
  };
};
