import { expect, test } from "vitest";
import { originsFrom } from "../../features/keys/origins";

test("addresses become origins, each once", () => {
  expect(originsFrom("")).toEqual({ origins: [] });
  expect(originsFrom(" https://Shop.example/, http://localhost:4000\nhttps://shop.example:443 ")).toEqual({
    origins: ["https://shop.example", "http://localhost:4000"],
  });
});

test.each([
  ["shop.example", "Enter https://shop.example instead."],
  ["//shop.example", "Enter https://shop.example instead."],
  ["https://a.example localhost:3000", "Enter http://localhost:3000 instead."],
  ["127.0.0.1:3000", "Enter http://127.0.0.1:3000 instead."],
  ["ftp://shop.example", "must begin with https:// or http://"],
  ["https://*.shop.example", "contains a wildcard"],
  ["*", "contains a wildcard"],
  ["*.shop.example", "contains a wildcard"],
  ["javascript:alert(1)", "must begin with https:// or http://"],
  ["shop.example/cart", "Enter https://shop.example instead."],
  ["https://shop.example/cart", "is more than an origin. Enter https://shop.example instead."],
  ["https://shop.example:8443?x=1", "is more than an origin. Enter https://shop.example:8443 instead."],
  ["https://shop.example/#a", "is more than an origin. Enter https://shop.example instead."],
  ["https://user:pw@shop.example", "is more than an origin. Enter https://shop.example instead."],
  ["https://", "isn't a valid address"],
  ["https://[::1]", "isn't a valid address"],
  ["https://a..example", "isn't a valid address"],
  ["https://a_b.example", "isn't a valid address"],
])("%s is rejected with a text that says what to change", (text, expected) => {
  const result = originsFrom(text);

  expect("error" in result && result.error.text).toContain(expected);
});

test("more origins than a key can have are rejected", () => {
  const text = Array.from({ length: 12 }, (_, shop) => `https://shop${shop}.example`).join(" ");

  expect(originsFrom(text)).toMatchObject({ error: { text: "Remove 2." } });
});
