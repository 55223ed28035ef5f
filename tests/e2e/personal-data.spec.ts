import { readFileSync } from "node:fs";
import { expect, signIn as signInAt, test } from "./fixtures.ts";

/** A server waits 35 seconds before it deletes, and is slower on a busy machine. */
const ERASURE_MS = 180_000;

test("an admin exports what is stored about a user, and erases the user", async ({
  page,
  ownServers,
  sampleFolder,
}) => {
  const { url } = (await ownServers()).dashboard;
  await signInAt(page, url, { user_id: "user_002", org_id: "org_acme" });
  const [user_id, events] = eventsOfAUser(sampleFolder, "org_acme");
  const search = new URLSearchParams({ id: user_id });
  await page.goto(`${url}/o/org_acme/users?${search}`);
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Export", exact: true }).click();
  const lines = readFileSync(await (await download).path(), "utf8")
    .trimEnd()
    .split("\n");
  const exported = lines.map((line) => JSON.parse(line) as { type: string; event?: { user_id: string } });

  expect(exported.filter(({ type, event }) => type === "event" && event?.user_id === user_id)).toHaveLength(
    events,
  );
  expect(exported.at(-1)).toMatchObject({ type: "end", events, next_cursor: null });
  await page.getByRole("button", { name: `Erase ${user_id}` }).click();
  await page.getByRole("button", { name: "Erase user", exact: true }).click();
  await expect(page.getByText(/^The erasure (begins soon|is running|is done)/)).toBeVisible();

  if (!process.env["E2E_FULL"]) return;
  test.setTimeout(2 * ERASURE_MS);
  const receipt = page.getByRole("region", { name: "Receipt" });
  await expect(receipt).toContainText(`Deleted events${events.toLocaleString("en")}`, {
    timeout: ERASURE_MS,
  });
});

test("a member sees no personal data to export or erase", async ({ page, signIn, baseURL }) => {
  await signIn({ user_id: "user_005" });
  await page.goto("/o/org_acme/users?id=user_001");
  await expect(page.getByRole("heading", { name: "Profile" })).toBeVisible();

  await expect(page.getByRole("region", { name: "Personal data" })).toHaveCount(0);
  expect((await page.request.get(`${baseURL}/o/org_acme/user-export?id=user_001`)).status()).toBe(403);
});

/** Return a user of the organisation's sample events, with the number of their events. */
function eventsOfAUser(folder: string, org_id: string): readonly [user_id: string, events: number] {
  const lines = readFileSync(`${folder}/events.ndjson`, "utf8").trim().split("\n");
  const events = lines.map((line) => JSON.parse(line) as { org_id: string; user_id: string });
  const { user_id } = events.find((event) => event.org_id === org_id)!;
  return [user_id, events.filter((event) => event.org_id === org_id && event.user_id === user_id).length];
}
