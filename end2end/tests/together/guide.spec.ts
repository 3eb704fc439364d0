// The commands of the README's guide, run as they stand there against a Podium behind nginx: each gives the shown output.
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { expect, test } from "../../fixtures.js";
import { Proxy } from "../../proxy.js";

const root = path.resolve(import.meta.dirname, "../../..");

test("the guide's commands give the output that it shows", async () => {
  const steps = commands(await readFile(path.join(root, "README.md"), "utf8"));
  expect(steps.length).toBeGreaterThanOrEqual(4);
  const proxy = await Proxy.start("nginx", "/quiz");
  try {
    for (const { command, shown } of steps) {
      const here = [
        ["https://school.example/quiz", proxy.podium.publicUrl],
        ["wss://school.example/quiz", proxy.podium.publicUrl.replace("https:", "wss:")],
        ["127.0.0.1:3000", proxy.podium.authority],
      ].reduce((text, [there, here]) => text.replaceAll(there!, here!), command);
      expect(await printed(here, proxy.certificate), command).toEqual(shown);
    }
  } finally {
    await proxy.stop();
  }
});

/** What stands in the README's `console` blocks: lines that begin with `$`, each with the output below it. */
function commands(readme: string): { command: string; shown: string[] }[] {
  const blocks = [...readme.matchAll(/^```console\n([^]*?)^```$/gm)].map((block) => block[1]!);
  return blocks.flatMap((block) =>
    block.split(/^\$ /m).slice(1).map((step) => {
      const [command, ...shown] = step.trimEnd().split("\n");
      return { command: command!, shown };
    }),
  );
}

/** What a person reads who types a command; on a terminal, because some programs say more to people. */
async function printed(command: string, certificate: string): Promise<string[]> {
  const trust = { CURL_CA_BUNDLE: certificate, NODE_EXTRA_CA_CERTS: certificate };
  const env = { ...process.env, ...trust, npm_config_loglevel: "error", npm_config_progress: "false" };
  const { stdout } = await promisify(execFile)("script", ["-qec", command, "/dev/null"], { cwd: root, env, timeout: 30_000 });
  // Without colours, moves of the cursor and prompts that were written over.
  const text = stdout.replace(/\x1b\[[0-9;]*[A-Za-z]/g, "").replaceAll("\r", "");
  return text.split("\n").map((line) => line.replace(/^(> )+/, "").trimEnd()).filter((line) => line !== "" && line !== ">");
}
