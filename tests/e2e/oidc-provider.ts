// An OpenID Connect provider on loopback, with the authorisation code flow, PKCE and single-use refresh tokens.
import { createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import type { Environment } from "./servers.ts";

const CLIENT_ID = "dashboard-of-the-tests";
const CLIENT_SECRET = "secret of the tests";

interface Grant {
  readonly sub: string;
  readonly nonce: string | null;
  readonly challenge: string | null;
  readonly redirectUri: string | null;
}

/** A certificate for 127.0.0.1 and its private key, in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

type Handler = (request: IncomingMessage, url: URL, response: ServerResponse) => Promise<void> | void;

export class OidcProvider {
  /** The lifetime of ID tokens. */
  idTokenSeconds = 3600;
  /** Whether refresh tokens are accepted. */
  acceptsRefreshTokens = true;
  /** The claim `email_verified` of ID tokens. */
  verifiesEmail = true;
  /** The grant types of the tokens issued so far. */
  readonly issued: string[] = [];
  readonly #codes = new Map<string, Grant>();
  readonly #refreshTokens = new Map<string, Grant>();
  readonly #keys = generateKeyPair("RS256", { extractable: true });
  readonly #server: Server;
  readonly #routes: Readonly<Record<string, Handler>> = {
    "/.well-known/openid-configuration": (_, __, response) => json(response, this.#metadata()),
    "/jwks": async (_, __, response) => {
      const key = await exportJWK((await this.#keys).publicKey);
      json(response, { keys: [{ ...key, kid: "1", alg: "RS256", use: "sig" }] });
    },
    "/authorize": (_, url, response) => this.#signInPage(url, response),
    "/signed-in": (_, url, response) => this.#redirectBack(url, response),
    "/token": async (request, _, response) => this.#token(request, response),
  };

  readonly #scheme: "http" | "https";

  private constructor(certificate: Certificate | undefined) {
    const serve = (request: IncomingMessage, response: ServerResponse): void => {
      const url = new URL(request.url!, this.url);
      const handler = this.#routes[url.pathname];
      if (handler) void handler(request, url, response);
      else response.writeHead(404).end();
    };
    this.#scheme = certificate ? "https" : "http";
    this.#server = certificate ? createTlsServer(certificate, serve) : createServer(serve);
  }

  /** Start a provider. With a certificate, it uses https, which every environment except `local` requires. */
  static async running(certificate?: Certificate): Promise<OidcProvider> {
    const provider = new OidcProvider(certificate);
    await new Promise<void>((resolve) => {
      provider.#server.listen(0, "127.0.0.1", resolve);
    });
    return provider;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The settings of an API and a dashboard that use this provider. */
  get settings(): Environment {
    return {
      ANALYTICS_OIDC_ISSUER: this.url,
      ANALYTICS_OIDC_JWKS_URL: `${this.url}/jwks`,
      ANALYTICS_OIDC_AUDIENCE: CLIENT_ID,
      ANALYTICS_OIDC_CLIENT_SECRET: CLIENT_SECRET,
    };
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  #metadata(): object {
    return {
      issuer: this.url,
      authorization_endpoint: `${this.url}/authorize`,
      token_endpoint: `${this.url}/token`,
      jwks_uri: `${this.url}/jwks`,
      response_types_supported: ["code"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["RS256"],
      code_challenge_methods_supported: ["S256"],
    };
  }

  #signInPage({ search }: URL, response: ServerResponse): void {
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.end(`<!doctype html><html lang="en"><title>Company sign-in</title><link rel="icon" href="data:,">
      <form action="/signed-in${search.replaceAll("&", "&amp;")}" method="post">
        <label>User <input name="sub"></label><button>Continue</button>
      </form>`);
  }

  async #redirectBack({ searchParams: request }: URL, response: ServerResponse): Promise<void> {
    const sub = new URLSearchParams(await text(response.req)).get("sub")!;
    const code = randomBytes(16).toString("hex");
    const redirectUri = request.get("redirect_uri");
    this.#codes.set(code, {
      sub,
      nonce: request.get("nonce"),
      challenge: request.get("code_challenge"),
      redirectUri,
    });
    const back = new URL(redirectUri!);
    back.search = String(new URLSearchParams({ code, state: request.get("state") ?? "" }));
    response.writeHead(303, { Location: back.href }).end();
  }

  async #token(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(await text(request));
    const grant = this.#isOurClient(request, form) ? this.#redeem(form) : undefined;
    if (!grant) return json(response, { error: "invalid_grant" }, 400);
    this.issued.push(form.get("grant_type")!);
    const refresh_token = randomBytes(16).toString("hex");
    this.#refreshTokens.set(refresh_token, grant);
    const id_token = await this.#idToken(grant);
    json(response, { access_token: "unused", token_type: "Bearer", id_token, refresh_token });
  }

  #isOurClient({ headers }: IncomingMessage, form: URLSearchParams): boolean {
    const basic = [CLIENT_ID, CLIENT_SECRET].map((part) => encodeURIComponent(part).replaceAll("%20", "+"));
    return (
      form.get("client_secret") === CLIENT_SECRET ||
      headers.authorization === `Basic ${Buffer.from(basic.join(":")).toString("base64")}`
    );
  }

  #redeem(form: URLSearchParams): Grant | undefined {
    if (form.get("grant_type") === "refresh_token") {
      return this.acceptsRefreshTokens ? take(this.#refreshTokens, form.get("refresh_token")) : undefined;
    }
    const grant = take(this.#codes, form.get("code"));
    const challenge = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url");
    const isValid = grant?.challenge === challenge && grant.redirectUri === form.get("redirect_uri");
    return isValid ? grant : undefined;
  }

  async #idToken({ sub, nonce }: Grant): Promise<string> {
    return new SignJWT({
      nonce,
      name: `Person ${sub}`,
      email: `${sub}@company.example`,
      email_verified: this.verifiesEmail,
    })
      .setProtectedHeader({ alg: "RS256", kid: "1", typ: "JWT" })
      .setIssuer(this.url)
      .setAudience(CLIENT_ID)
      .setSubject(sub)
      .setIssuedAt()
      .setExpirationTime(`${this.idTokenSeconds} s`)
      .sign((await this.#keys).privateKey);
  }
}

/** Remove the entry, and return it. */
function take<T>(map: Map<string, T>, key: string | null): T | undefined {
  const found = map.get(key ?? "");
  map.delete(key ?? "");
  return found;
}

function json(response: ServerResponse, body: object, status = 200): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}
