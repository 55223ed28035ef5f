import { describe, expect, inject, test } from "vitest";
import { unique } from "../support/client.ts";
import { ENTRIES, node20 } from "../support/node.ts";
import { output, project, trackingAndReading, USERS } from "../support/packed.ts";

const NODES: readonly (readonly [string, string | undefined])[] = [
  ["the current Node", process.execPath],
  ["Node 20", node20()],
];
const apiUrl = inject("apiUrl");
const [esm, cjs] = [unique("packed_esm"), unique("packed_cjs")];
const FOLDER = project("plain", ["react@19", "react-dom@19"], {
  "esm.mjs": trackingAndReading("esm", apiUrl, esm),
  "cjs.cjs": trackingAndReading("cjs", apiUrl, cjs),
  "entries.cjs": `
    for (const name of ${JSON.stringify(ENTRIES)}) console.log(Object.keys(require(name)).length > 0);`,
});

describe.skipIf(!FOLDER).each(NODES)("The packed packages on %s", (_, node) => {
  test.skipIf(!node).each(["esm.mjs", "cjs.cjs"])(
    "track events, and read events and insights in %s",
    (file) => {
      const users = JSON.parse(output(FOLDER!, node!, file)) as string[];

      expect([...new Set(users)]).toEqual(USERS);
    },
  );

  test.skipIf(!node)("can be loaded with require() from every entry point", () => {
    expect(output(FOLDER!, node!, "entries.cjs").trim().split("\n")).toEqual(
      Array(ENTRIES.length).fill("true"),
    );
  });
});
