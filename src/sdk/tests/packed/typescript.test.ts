import { expect, test } from "vitest";
import { errorsOf } from "../support/typescript-project.ts";

test.each(["node16", "bundler", "node16 without the DOM"])(
  "The types of the packed packages compile under %s, without skipLibCheck",
  (mode) => {
    expect(errorsOf("typescript@7.0.2", mode) ?? "").toBe(""); // undefined without a network
  },
);
