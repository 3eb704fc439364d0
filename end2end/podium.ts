// One Podium of its own: the release program on a free port with a fresh data folder.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const root = path.resolve(import.meta.dirname, "..");
/** The program under test: the one named by PODIUM_BIN, else the release build. */
const program = path.resolve(
  root,
  process.env.PODIUM_BIN ?? path.join(process.env.CARGO_TARGET_DIR ?? "target", "release", "podium"),
);
/** Settings of whoever runs the journeys are not those of the servers under test. */
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("PODIUM_")));

/** How long a start or a stop may take on a busy machine. */
const PATIENCE_MS = 20_000;

export class Podium {
  /** Everything the program has said; a failed start shows it. */
  output = "";
  private process: ChildProcess | undefined;

  private constructor(
    readonly dataDir: string,
    private readonly flags: string[],
    private address: string,
  ) {}

  /** Starts on a free port; `flags` are those of `podium serve`. */
  static async start(...flags: string[]): Promise<Podium> {
    return Podium.startAt("127.0.0.1:0", ...flags);
  }

  /** Starts at another address of this machine; port 0 is a free one. */
  static async startAt(address: string, ...flags: string[]): Promise<Podium> {
    const podium = new Podium(await mkdtemp(path.join(tmpdir(), "podium-")), flags, address);
    await podium.run();
    return podium;
  }

  get url(): string {
    return `http://${this.address}`;
  }

  /** The address under which people reach it: the public one, if its flags name one. */
  get publicUrl(): string {
    const at = this.flags.indexOf("--public-url");
    return at < 0 ? this.url : this.flags[at + 1]!;
  }

  /** Host and port. */
  get authority(): string {
    return this.address;
  }

  /** The one-time link that the program prints after its address while there is no admin. */
  async setupUrl(): Promise<string> {
    const line = /^Make the first admin, once, at (\S+)$/m;
    const signal = AbortSignal.timeout(PATIENCE_MS);
    for (;;) {
      const found = line.exec(this.output);
      if (found) return found[1]!;
      await once(this.process!.stdout!, "data", { signal });
    }
  }

  /** Lets simulated players play in a room to its end; `flags` are those of `podium bots`. */
  async bots(code: string, ...flags: string[]): Promise<BotsReport> {
    const args = ["bots", "--url", this.url, "--room", code, "--json", ...flags];
    const { stdout } = await promisify(execFile)(program, args, { env: environment, maxBuffer: 64 * 1024 * 1024 });
    return JSON.parse(stdout) as BotsReport;
  }

  /** Makes an account with a role, and returns its password; of the first organisation unless another one is named. */
  async account(email: string, name: string, role: string, organisation = 1): Promise<string> {
    const password = "four words are easy";
    const args = ["admin", "create", "--org", String(organisation), "--email", email, "--name", name, "--role", role];
    await this.command(args, { PODIUM_PASSWORD: password });
    return password;
  }

  /** Makes one more organisation and returns its number. */
  async organisation(name: string): Promise<number> {
    return (JSON.parse(await this.command(["org", "add", name, "--json"])) as { id: number }).id;
  }

  /** Makes an account that may play and nothing else, and signs it in as a program does: its access token. */
  async token(email: string, name: string): Promise<string> {
    const password = await this.account(email, name, "member");
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ email, password });
    const answer = await fetch(`${this.url}/api/v1/auth/login`, { method: "POST", headers, body });
    if (!answer.ok) throw new Error(`signing in answers ${answer.status}`);
    return ((await answer.json()) as { access_token: string }).access_token;
  }

  /** What the database says, read beside the running program: the rows of one query, each as its columns. */
  async rows(sql: string): Promise<(string | number | null)[][]> {
    const script =
      "import json, sqlite3, sys\n" +
      "db = sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True)\n" +
      "print(json.dumps(db.execute(sys.argv[2]).fetchall()))";
    const file = path.join(this.dataDir, "podium.db");
    const { stdout } = await promisify(execFile)("python3", ["-c", script, file, sql], { maxBuffer: 64 * 1024 * 1024 });
    return JSON.parse(stdout) as (string | number | null)[][];
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

  /** The machine freezes the program for so long, and thaws it. */
  async freeze(ms: number): Promise<void> {
    this.process!.kill("SIGSTOP");
    await sleep(ms);
    this.process!.kill("SIGCONT");
  }

  /** Starts again after `kill`: the same data folder, the same address. */
  async run(): Promise<void> {
    const args = ["serve", "--listen", this.address, "--data-dir", this.dataDir, ...this.flags];
    const child = spawn(program, args, { cwd: this.dataDir, env: environment, stdio: ["ignore", "pipe", "pipe"] });
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

  /** What a command prints that works beside the running program. */
  private async command(args: string[], settings: Record<string, string> = {}): Promise<string> {
    const env = { ...environment, ...settings };
    return (await promisify(execFile)(program, [...args, "--data-dir", this.dataDir], { env })).stdout;
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

/** What simulated players lived through; `podium bots --json` prints it. */
export type BotsReport = {
  seated: number;
  turned_away: Record<string, number>;
  acknowledged: number;
  refused: Record<string, number>;
  reconnects: number;
  replayed: number;
  holes: number;
  finished: number;
  boards: number;
  ack_p50_ms: number;
  ack_p95_ms: number;
  /** Seat and turn of every acknowledged answer. */
  answers?: [number, number][];
};

/** A worker that dies must not leave a server behind. */
export function endWithUs(child: ChildProcess): void {
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => process.removeListener("exit", kill));
}
