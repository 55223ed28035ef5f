import { expect, test } from "vitest";
import { complaintsOf } from "../support/typescript-project.ts";

test.each(["node16", "bundler", "node16 without the DOM"])(
  "The packed packages have types that compile under %s, without skipLibCheck",
  (mode) => {
    expect(complaintsOf("typescript@7.0.2", mode) ?? "").toBe(""); // or there is no network
  },
);
