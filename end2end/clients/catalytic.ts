// The composables of document 002. useAdminWebSocket: a list of people that messages merge into, retries for ever.
// useSessionWebSocket: somebody's time runs down, until the page leads away. Of Vue they use one thing, values that
// somebody looks at later.

type User = { id: number; first_name: string; last_name: string; email: string; status: string; [field: string]: unknown };
type Told = { type: string; data: any };

const ref = <T>(value: T) => ({ value });

export function useAdminWebSocket() {
  const users = ref<User[]>([]);
  const isConnected = ref(false);
  const error = ref<string | null>(null);
  let ws: WebSocket | null = null;
  let reconnectTimeout: number | null = null;
  let reconnectAttempts = 0;
  const maxDelay = 30_000;
  const protocol = location.protocol === "https:" ? "wss:" : "ws:";
  const url = `${protocol}//${location.host}/admin/stream`;

  const connect = () => {
    ws = new WebSocket(url);
    ws.onopen = () => {
      isConnected.value = true;
      error.value = null;
      reconnectAttempts = 0;
    };
    ws.onmessage = (event) => {
      const message = JSON.parse(event.data) as Told;
      if (message.type === "ping") {
        ws?.send(JSON.stringify({ type: "pong" }));
        return;
      }
      switch (message.type) {
        case "initial":
          users.value = message.data;
          break;
        case "user_added":
          users.value.push(message.data);
          break;
        case "user_update": {
          const index = users.value.findIndex(({ id }) => id === message.data.id);
          if (index !== -1) users.value[index] = { ...users.value[index], ...message.data };
          break;
        }
        case "user_deleted":
          users.value = users.value.filter(({ id }) => id !== message.data.id);
          break;
      }
    };
    ws.onerror = () => (error.value = "Connection error");
    ws.onclose = () => {
      isConnected.value = false;
      const delay = Math.min(1_000 * 2 ** reconnectAttempts + Math.random() * 1_000, maxDelay);
      reconnectAttempts += 1;
      reconnectTimeout = window.setTimeout(connect, delay);
    };
  };

  const disconnect = () => {
    if (reconnectTimeout) clearTimeout(reconnectTimeout);
    if (ws) ws.onclose = null;
    ws?.close();
    ws = null;
  };

  return { users, isConnected, error, connect, disconnect };
}

export function useSessionWebSocket(sessionId: string) {
  const remainingSeconds = ref<number | null>(null);
  const isConnected = ref(false);
  const sessionExpired = ref(false);
  let ws: WebSocket | null = null;
  let reconnectTimeout: number | null = null;
  let reconnectAttempts = 0;
  const maxDelay = 30_000;
  const protocol = window.location.protocol === "https:" ? "wss:" : "ws:";
  const url = `${protocol}//${window.location.host}/session/${sessionId}/stream`;

  const connect = () => {
    ws = new WebSocket(url);
    ws.onopen = () => {
      isConnected.value = true;
      reconnectAttempts = 0;
    };
    ws.onmessage = (event) => {
      const message = JSON.parse(event.data);
      if (message.type === "ping") {
        ws?.send(JSON.stringify({ type: "pong" }));
        return;
      }
      if (message.type === "time_update") {
        remainingSeconds.value = message.remaining_seconds;
      } else if (message.type === "session_expired") {
        sessionExpired.value = true;
        window.location.href = "/session/expired";
      }
    };
    ws.onclose = () => {
      isConnected.value = false;
      if (!sessionExpired.value) {
        const delay = Math.min(1_000 * 2 ** reconnectAttempts + Math.random() * 1_000, maxDelay);
        reconnectAttempts += 1;
        reconnectTimeout = window.setTimeout(connect, delay);
      }
    };
  };

  const disconnect = () => {
    if (reconnectTimeout) clearTimeout(reconnectTimeout);
    ws?.close();
    ws = null;
  };

  return { remainingSeconds, isConnected, sessionExpired, connect, disconnect };
}

/** What a journey sees of a countdown. */
export type Countdown = { isConnected(): boolean; remaining(): number | null; stop(): void };

export const startCountdown = (session: string): Countdown => {
  const { remainingSeconds, isConnected, connect, disconnect } = useSessionWebSocket(session);
  connect();
  return { isConnected: () => isConnected.value, remaining: () => remainingSeconds.value, stop: disconnect };
};

/** What a journey sees of the table. */
export type Table = { isConnected(): boolean; people(): string[]; stop(): void };

export const start = (): Table => {
  const { users, isConnected, connect, disconnect } = useAdminWebSocket();
  connect();
  return {
    isConnected: () => isConnected.value,
    people: () => users.value.map(({ first_name, last_name, email, status }) => `${first_name} ${last_name} <${email}> ${status}`),
    stop: disconnect,
  };
};
