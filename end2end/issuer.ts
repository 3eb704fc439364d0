// An issuer of OpenID Connect on a free port: one person, one client, a page that asks whether it is them.
import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Who is known to the issuer. */
export type Known = { subject: string; email: string; name: string };

const CLIENT = { id: "podium-in-journeys", secret: "the secret of the journeys" };

export class Issuer {
  private readonly key = generateKeyPairSync("ec", { namedCurve: "P-256" });
  private readonly codes = new Map<string, URLSearchParams>();
  private readonly server = createServer((request, response) => void this.answer(request, response));

  private constructor(private readonly known: Known) {}

  static async open(known: Known): Promise<Issuer> {
    const issuer = new Issuer(known);
    issuer.server.listen(0, "127.0.0.1");
    await once(issuer.server, "listening");
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The flags of a Podium that believes it. */
  get flags(): string[] {
    return [
      ...["--openid-issuer", this.url],
      ...["--openid-client-id", CLIENT.id],
      ...["--openid-client-secret", CLIENT.secret],
      ...["--openid-label", "Quiz Club ID"],
    ];
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, this.url);
    const json = (status: number, value: object) => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    };
    switch (url.pathname) {
      case "/.well-known/openid-configuration":
        return json(200, {
          issuer: this.url,
          authorization_endpoint: `${this.url}/authorize`,
          token_endpoint: `${this.url}/token`,
          jwks_uri: `${this.url}/jwks`,
          response_types_supported: ["code"],
          subject_types_supported: ["public"],
          id_token_signing_alg_values_supported: ["ES256"],
        });
      case "/jwks":
        return json(200, { keys: [{ ...this.key.publicKey.export({ format: "jwk" }), use: "sig", alg: "ES256", kid: "1" }] });
      case "/authorize":
        response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(this.page(url.searchParams));
        return;
      case "/token": {
        let body = "";
        for await (const piece of request) body += piece;
        return json(...this.token(request.headers.authorization, new URLSearchParams(body)));
      }
      default:
        response.writeHead(404).end();
    }
  }

  /** The page that asks: a yes and a no, both of which lead back. */
  private page(asked: URLSearchParams): string {
    const back = (more: Record<string, string>) => {
      const to = new URL(asked.get("redirect_uri")!);
      for (const [name, value] of Object.entries({ ...more, state: asked.get("state")! })) to.searchParams.set(name, value);
      return to.href.replaceAll("&", "&amp;");
    };
    const code = randomBytes(16).toString("hex");
    this.codes.set(code, asked);
    return (
      `<!doctype html><html lang="en"><title>Quiz Club ID</title><link rel="icon" href="data:,"><h1>Is this you, ${this.known.name}?</h1>` +
      `<p><a href="${back({ code })}">Yes</a> <a href="${back({ error: "access_denied" })}">No</a></p></html>`
    );
  }

  /** What is given for a code: once, to its client, who has the verifier. */
  private token(authorization: string | undefined, form: URLSearchParams): [number, object] {
    // Source: RFC 6749, 2.3.1: both are encoded as in a form first.
    const encoded = [CLIENT.id, CLIENT.secret].map((text) => new URLSearchParams({ text }).toString().slice("text=".length));
    const expected = `Basic ${Buffer.from(encoded.join(":")).toString("base64")}`;
    const code = form.get("code") ?? "";
    const asked = this.codes.get(code);
    this.codes.delete(code);
    const challenge = createHash("sha256").update(form.get("code_verifier") ?? "").digest("base64url");
    if (authorization !== expected) return [401, { error: "invalid_client" }];
    if (!asked || challenge !== asked.get("code_challenge")) return [400, { error: "invalid_grant" }];
    const now = Math.floor(Date.now() / 1_000);
    const { subject, email, name } = this.known;
    const claims = {
      ...{ iss: this.url, sub: subject, aud: CLIENT.id, iat: now, exp: now + 300, nonce: asked.get("nonce") },
      ...{ email, email_verified: true, name },
    };
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const signed = `${part({ alg: "ES256", kid: "1", typ: "JWT" })}.${part(claims)}`;
    const signature = sign("sha256", Buffer.from(signed), { key: this.key.privateKey, dsaEncoding: "ieee-p1363" });
    const id_token = `${signed}.${signature.toString("base64url")}`;
    return [200, { access_token: randomBytes(16).toString("hex"), token_type: "Bearer", expires_in: 300, id_token }];
  }
}
