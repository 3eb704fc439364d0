// One Podium of its own: the release program on a free port with a fresh data folder.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";

const root = path.resolve(import.meta.dirname, "..");
const program = path.resolve(root, process.env.CARGO_TARGET_DIR ?? "target", "release", "podium");

/** How long a start or a stop may take on a busy machine. */
const PATIENCE_MS = 20_000;

export class Podium {
  /** Everything the program has said; a failed start shows it. */
  output = "";
  private process: ChildProcess | undefined;

  private constructor(
    readonly dataDir: string,
    private readonly flags: string[],
    private address = "127.0.0.1:0",
  ) {}

  /** Starts on a free port; `flags` are those of `podium serve`. */
  static async start(...flags: string[]): Promise<Podium> {
    const podium = new Podium(await mkdtemp(path.join(tmpdir(), "podium-")), flags);
    await podium.run();
    return podium;
  }

  get url(): string {
    return `http://${this.address}`;
  }

  /** As a service manager ends it: SIGTERM, then waiting. The data folder goes with it. */
  async stop(): Promise<void> {
    await this.end("SIGTERM");
    await rm(this.dataDir, { recursive: true, force: true });
  }

  /** As a power cut ends it. The data folder stays, for `run`. */
  async kill(): Promise<void> {
    await this.end("SIGKILL");
  }

  /** Starts again after `kill`: the same data folder, the same address. */
  async run(): Promise<void> {
    const args = ["serve", "--listen", this.address, "--data-dir", this.dataDir, ...this.flags];
    const child = spawn(program, args, { cwd: this.dataDir, stdio: ["ignore", "pipe", "pipe"] });
    this.process = child;
    endWithUs(child);
    child.stderr.on("data", (text) => (this.output += text));
    const lines = createInterface({ input: child.stdout });
    this.address = await new Promise<string>((resolve, reject) => {
      const fail = (why: string) => reject(new Error(`${program} ${why}\n${this.output}`));
      const timer = setTimeout(() => fail(`is not ready after ${PATIENCE_MS} ms`), PATIENCE_MS);
      lines.on("line", (line) => {
        this.output += line + "\n";
        const ready = /^Podium is ready at http:\/\/(\S+)$/.exec(line);
        if (ready) {
          clearTimeout(timer);
          resolve(ready[1]!);
        }
      });
      child.on("error", (error) => fail(`cannot be started: ${error.message}`));
      child.on("exit", (code) => fail(`ended with code ${code}`));
    });
  }

  private async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const child = this.process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
    await ended;
    clearTimeout(timer);
  }
}

/** A worker that dies must not leave a server behind. */
function endWithUs(child: ChildProcess): void {
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => process.removeListener("exit", kill));
}
