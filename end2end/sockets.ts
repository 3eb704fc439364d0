// A page's sockets: counted, and in the journey's hands where one is to break.
import type { Page, WebSocketRoute } from "@playwright/test";

/** Counts the sockets that a page opens from now on. */
export function countSockets(page: Page): () => number {
  let count = 0;
  page.on("websocket", () => count++);
  return () => count;
}

/** The socket of a page, which goes on to the server and can be closed or spoken into. Before the page is opened. */
export async function holdSocket(page: Page, told: (text: string) => string | null = (text) => text, asked: (text: string) => void = () => {}): Promise<() => WebSocketRoute> {
  let held: WebSocketRoute | undefined;
  await page.routeWebSocket(/\/ws\//, (socket) => {
    const server = socket.connectToServer();
    held = socket;
    socket.onMessage((text) => {
      asked(String(text));
      server.send(text);
    });
    // What `told` makes nothing of is lost.
    server.onMessage((text) => {
      const kept = told(String(text));
      if (kept !== null) socket.send(kept);
    });
  });
  return () => held!;
}

/** Everything after which a lost connection is tried at once; who has left must not care. */
export async function stir(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const kind of ["online", "offline", "pageshow", "focus"]) window.dispatchEvent(new Event(kind));
    for (const kind of ["visibilitychange", "resume"]) document.dispatchEvent(new Event(kind));
  });
}

/** Counts the listeners of a link that the page has. Before the page is opened. */
export async function countListeners(page: Page): Promise<() => Promise<number>> {
  await page.addInitScript(() => {
    const kinds = ["online", "offline", "pageshow", "resume", "visibilitychange"];
    const count = { listeners: 0 };
    Object.assign(window, { count });
    for (const target of [window, document]) {
      const [add, remove] = [target.addEventListener.bind(target), target.removeEventListener.bind(target)];
      target.addEventListener = (kind: string, ...rest: [never]) => {
        if (kinds.includes(kind)) count.listeners += 1;
        add(kind, ...rest);
      };
      target.removeEventListener = (kind: string, ...rest: [never]) => {
        if (kinds.includes(kind)) count.listeners -= 1;
        remove(kind, ...rest);
      };
    }
  });
  return () => page.evaluate(() => (window as unknown as { count: { listeners: number } }).count.listeners);
}
