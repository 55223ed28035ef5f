import { expect, test } from "vitest";
import { type Framework, snippetOf, SNIPPETS } from "../../features/onboarding/snippets";

for (const framework of Object.keys(SNIPPETS) as Framework[])
  test(`the code for ${framework} contains the key and the API's address`, () => {
    const code = snippetOf(framework).code("pk_1", "https://api.example");

    expect(code).toContain("pk_1");
    expect(code).toContain("https://api.example");
    expect(code).toContain("signed_up");
  });
