// A Podium behind nginx or Caddy, with the very files that operators copy from scripts/proxy.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { get } from "node:https";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { Podium, endWithUs } from "./podium.js";

const files = path.resolve(import.meta.dirname, "../scripts/proxy");

/** How long a proxy may take to start on a busy machine. */
const PATIENCE_MS = 20_000;

export type Kind = "nginx" | "caddy";

/** What is put in the place of the values that an operator changes. */
type Values = [string, string][];

export class Proxy {
  private constructor(
    readonly podium: Podium,
    private readonly folder: string,
    private readonly child: ChildProcess,
  ) {}

  /** Starts a Podium and a proxy before it, at `https://localhost:PORT` and below `base`; `flags` are more of Podium's. */
  static async start(kind: Kind, base: "" | "/quiz", ...flags: string[]): Promise<Proxy> {
    const port = await freePort();
    const podium = await Podium.start(
      "--public-url",
      `https://localhost:${port}${base}`,
      "--trusted-proxies",
      "127.0.0.1",
      ...flags,
    );
    const folder = await mkdtemp(path.join(tmpdir(), "podium-proxy-"));
    const child = await (kind === "nginx" ? nginx : caddy)(folder, port, podium, base);
    const proxy = new Proxy(podium, folder, child);
    await proxy.ready().catch(async (why) => {
      await proxy.stop();
      throw why;
    });
    return proxy;
  }

  /** The certificate of nginx, for programs that shall trust it. */
  get certificate(): string {
    return path.join(this.folder, "school.example.crt");
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, "exit");
      this.child.kill("SIGTERM");
      const timer = setTimeout(() => this.child.kill("SIGKILL"), PATIENCE_MS);
      await ended;
      clearTimeout(timer);
    }
    await this.podium.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Waits until Podium answers through the proxy. */
  private async ready(): Promise<void> {
    let output = "";
    this.child.stderr!.on("data", (text) => (output += text));
    const until = Date.now() + PATIENCE_MS;
    while ((await status(`${this.podium.publicUrl}/readyz`)) !== 200) {
      if (this.child.exitCode !== null || Date.now() > until) throw new Error(`the proxy is not ready\n${output}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function nginx(folder: string, port: number, podium: Podium, base: string): Promise<ChildProcess> {
  const [certificate, key] = ["crt", "key"].map((ending) => path.join(folder, `school.example.${ending}`));
  const request = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost";
  await promisify(execFile)("openssl", [...request.split(" "), "-out", certificate!, "-keyout", key!]);
  await fill("nginx.conf", path.join(folder, "podium.conf"), [
    ["listen 443", `listen 127.0.0.1:${port}`],
    ["server_name school.example", "server_name localhost"],
    ["/etc/ssl/school.example.crt", certificate!],
    ["/etc/ssl/school.example.key", key!],
    ["127.0.0.1:3000", podium.authority],
    ["location /quiz/", `location ${base}/`],
  ]);
  // What Debian's nginx.conf says around the files of conf.d, in one process, so that ending it leaves nothing behind.
  const around =
    "daemon off; master_process off; pid nginx.pid; error_log stderr;\n" +
    "events { worker_connections 4096; }\n" +
    "http {\n  access_log off;\n" +
    ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((what) => `  ${what}_temp_path ${what};\n`).join("") +
    "  include podium.conf;\n}\n";
  await writeFile(path.join(folder, "nginx.conf"), around);
  return begin("nginx", ["-e", "stderr", "-p", folder, "-c", "nginx.conf"], folder);
}

async function caddy(folder: string, port: number, podium: Podium, base: string): Promise<ChildProcess> {
  const root: Values = base === "" ? [["\t@podium path /quiz /quiz/*\n", ""], ["reverse_proxy @podium", "reverse_proxy"]] : [];
  await fill("Caddyfile", path.join(folder, "podium.caddy"), [
    ["\nschool.example {", `\nlocalhost:${port} {`],
    ["127.0.0.1:3000", podium.authority],
    ...root,
  ]);
  // A test is no operator: other ports stay alone, and the machine is not told to trust anybody.
  const around = "{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n}\nimport podium.caddy\n";
  await writeFile(path.join(folder, "Caddyfile"), around);
  return begin("caddy", ["run", "--config", "Caddyfile", "--adapter", "caddyfile"], folder);
}

/** Copies one of the operators' files with other values; each of them has to be there. */
async function fill(name: string, target: string, values: Values): Promise<void> {
  let text = await readFile(path.join(files, name), "utf8");
  for (const [value, other] of values) {
    if (!text.includes(value)) throw new Error(`scripts/proxy/${name} has no ${value}`);
    text = text.replaceAll(value, other);
  }
  await writeFile(target, text);
}

function begin(program: string, args: string[], folder: string): ChildProcess {
  const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  const child = spawn(program, args, { cwd: folder, env, stdio: ["ignore", "ignore", "pipe"] });
  endWithUs(child);
  return child;
}

/** The status of an answer; 0 if there is none. */
async function status(url: string): Promise<number> {
  return new Promise((resolve) => {
    const request = get(url, { rejectUnauthorized: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    request.on("error", () => resolve(0));
  });
}

/** A port that nobody has: the public address has to be known before anything listens there. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
