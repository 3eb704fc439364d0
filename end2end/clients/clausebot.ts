// The live leaderboard of document 000: flat messages, a ping that wants a pong, and a retry after 3 s that doubles.
import type { Driven, Start } from "./driven.js";

type Told = { type: string; [field: string]: any };

type Options = {
  url: string;
  onMessage?: (told: Told) => void;
  reconnectInterval?: number;
  maxReconnectAttempts?: number;
};

export class LeaderboardSocket {
  isConnected = false;
  lastClose: { code: number; reason: string } | undefined;
  private socket: WebSocket | undefined;
  private attempts = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: Options) {
    this.connect();
  }

  connect(): void {
    const socket = new WebSocket(this.options.url);
    this.socket = socket;
    socket.onopen = () => {
      this.isConnected = true;
      this.attempts = 0;
    };
    socket.onmessage = ({ data }) => {
      try {
        const told = JSON.parse(data) as Told;
        if (told.type === "ping") socket.send(JSON.stringify({ type: "pong" }));
        else this.options.onMessage?.(told);
      } catch (why) {
        console.error("Failed to parse WebSocket message:", why);
      }
    };
    socket.onclose = ({ code, reason }) => {
      this.isConnected = false;
      this.lastClose = { code, reason };
      if (this.socket !== socket || this.attempts >= (this.options.maxReconnectAttempts ?? 5)) return;
      const wait = (this.options.reconnectInterval ?? 3_000) * 2 ** this.attempts;
      this.timer = setTimeout(() => {
        this.attempts += 1;
        this.connect();
      }, wait);
    };
  }

  disconnect(): void {
    clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = undefined;
    this.isConnected = false;
    socket?.close();
  }

  sendMessage(message: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
    else console.warn("WebSocket is not connected");
  }
}

export const start: Start = (origin, session, token): Driven => {
  let scores: Told[] = [];
  const last: Record<string, Told | undefined> = {};
  const taken: string[] = [];
  const query = token === undefined ? "" : `?token=${token}`;
  const socket = new LeaderboardSocket({
    url: `${origin.replace(/^http/, "ws")}/ws/quiz-realtime/${session}${query}`,
    onMessage: (told) => {
      last[told.type] = told;
      if (told.type === "connected") {
        socket.sendMessage({ type: "join", user_id: told["user_id"], timestamp: new Date().toISOString() });
      } else if (told.type === "score_update") {
        scores = [...scores.filter((score) => score["user_id"] !== told["user_id"]), told].sort((a, b) => b["score"] - a["score"]);
      } else if (told.type === "user_joined" || told.type === "user_left") {
        last["people"] = told;
      } else if (told.type === "answer_taken") {
        taken.push(told["correlation_id"]);
      }
    },
  });
  return {
    isConnected: () => socket.isConnected,
    lastClose: () => socket.lastClose,
    me: () => last["connected"]?.["user_id"],
    count: () => last["people"] && { people: last["people"]["participant_count"], user: last["people"]["user_id"] },
    question: () => {
      const update = last["session_update"];
      return update && { state: update["state"], number: update["question_number"], remaining: update["time_remaining"] };
    },
    scores: () => scores.map((told) => ({ user: told["user_id"], score: told["score"], rank: told["rank"] })),
    error: () => {
      const error = last["error"];
      return error && { code: error["code"], text: error["message"], help: error["help"], recoverable: error["recoverable"] };
    },
    taken: () => taken,
    answer: (turn, choice, id) => socket.sendMessage({ type: "answer", turn, choice, correlation_id: id }),
    babble: () => socket.sendMessage({ type: "nonsense" }),
    stop: () => socket.disconnect(),
  };
};
