// Signed requests to the emulator, which serves this page.
// https://learn.microsoft.com/rest/api/cosmos-db/access-control-on-cosmosdb-resources describes the signature.

const VERSION = "2018-12-31";
/** The key of Microsoft's emulator, which the server has by default. */
export const WELL_KNOWN_KEY =
  "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw==";

/** An error response, with Cosmos DB's code, message and charge. */
export class Refusal extends Error {
  constructor(status, code, message, charge) {
    super(message);
    Object.assign(this, { status, code, charge });
  }
}

/** Requests that are signed with the account's key. */
export class Account {
  #key;

  /** Return the account. Throws if the key isn't base64. */
  static async of(key) {
    if (!globalThis.crypto?.subtle) {
      throw new Error("This browser signs requests only on localhost or over HTTPS (cosmos-emulator --tls).");
    }
    const account = new Account();
    const raw = bytes(key);
    account.#key = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, [
      "sign",
    ]);
    return account;
  }

  /** Return all resources of a feed, for example the containers of a database. */
  async list(owner, kind, name) {
    const found = [];
    let token = "";
    do {
      const headers = token ? { "x-ms-continuation": token } : {};
      const page = await this.#send("GET", [...owner, kind], headers);
      found.push(...page.content[name]);
      token = page.token;
    } while (token);
    return found;
  }

  /** Return a page of the results of a query. */
  query(container, text, size, token) {
    return this.#send(
      "POST",
      [...container, "docs"],
      {
        "content-type": "application/query+json",
        "x-ms-documentdb-isquery": "true",
        "x-ms-documentdb-query-enablecrosspartition": "true",
        "x-ms-emulator-merge": "true",
        "x-ms-max-item-count": String(size),
        ...(token && { "x-ms-continuation": token }),
      },
      JSON.stringify({ query: text, parameters: [] }),
    );
  }

  /** Send a request for a feed, whose signature covers the link of the feed's owner. */
  async #send(method, segments, headers, body) {
    const date = new Date().toUTCString();
    const owner = segments.slice(0, -1).join("/");
    const signed = `${method}\n${segments.at(-1)}\n`.toLowerCase() + `${owner}\n${date.toLowerCase()}\n\n`;
    const signature = await crypto.subtle.sign("HMAC", this.#key, new TextEncoder().encode(signed));
    const authorization = encodeURIComponent(`type=master&ver=1.0&sig=${base64(signature)}`);
    const response = await fetch(`/${segments.map(encodeURIComponent).join("/")}`, {
      method,
      headers: { ...headers, authorization, "x-ms-date": date, "x-ms-version": VERSION },
      ...(body && { body }),
    });
    const charge = Number(response.headers.get("x-ms-request-charge") ?? 0);
    const content = await response.json().catch(() => ({}));
    if (!response.ok) throw new Refusal(response.status, content.code ?? "", content.message ?? "", charge);
    return { content, charge, token: response.headers.get("x-ms-continuation") ?? "" };
  }
}

function bytes(base64Text) {
  try {
    return Uint8Array.from(atob(base64Text), (character) => character.codePointAt(0));
  } catch {
    throw new Error("The key must be base64.");
  }
}

function base64(buffer) {
  return btoa(String.fromCodePoint(...new Uint8Array(buffer)));
}
