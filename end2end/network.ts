// The way between one person's devices and the server, as a small proxy that can be cut or go silent. Browsers' own
// offline switch leaves an open socket as it is; a tunnel, a dead zone or a switched-off access point does not.
import { once } from "node:events";
import { type AddressInfo, type Socket, connect, createServer } from "node:net";

type Way = "open" | "silent" | "cut";

export class Network {
  private readonly server = createServer((browser) => this.carry(browser));
  private readonly pairs = new Set<[Socket, Socket]>();
  private way: Way = "open";

  private constructor(private readonly target: string) {}

  /** A network that leads to `host:port`. */
  static async to(target: string): Promise<Network> {
    const network = new Network(target);
    network.server.listen(0, "127.0.0.1");
    await once(network.server, "listening");
    return network;
  }

  /** The server as this network's devices know it. */
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Nothing arrives any more in either direction, and nobody is told: a dead zone. */
  silence(): void {
    this.way = "silent";
    for (const sockets of this.pairs) sockets.forEach((socket) => socket.pause());
  }

  /** Everything breaks at once, and nothing new comes about: the access point is gone. */
  cut(): void {
    this.way = "cut";
    this.drop();
  }

  /** Back as before; what a silent network held back goes on its way. */
  mend(): void {
    this.way = "open";
    for (const sockets of this.pairs) sockets.forEach((socket) => socket.resume());
  }

  async close(): Promise<void> {
    this.drop();
    this.server.close();
    await once(this.server, "close");
  }

  private drop(): void {
    for (const sockets of this.pairs) sockets.forEach((socket) => socket.destroy());
    this.pairs.clear();
  }

  private carry(browser: Socket): void {
    if (this.way === "cut") {
      browser.destroy();
      return;
    }
    const [host, port] = this.target.split(":") as [string, string];
    const server = connect(Number(port), host);
    const pair: [Socket, Socket] = [browser, server];
    this.pairs.add(pair);
    for (const [from, to] of [pair, [server, browser]] as [Socket, Socket][]) {
      // Not `pipe`: it would resume what is paused here.
      from.on("data", (bytes) => to.write(bytes));
      from.on("end", () => to.end());
      from.on("error", () => to.destroy());
      from.on("close", () => {
        to.destroy();
        this.pairs.delete(pair);
      });
    }
    if (this.way === "silent") pair.forEach((socket) => socket.pause());
  }
}
