// Queries across physical partitions, whose results @azure/cosmos merges.
import type { Container, Database } from "@azure/cosmos";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newContainer, newDatabase, refusal } from "./account.ts";

const COUNT = 24;
const KINDS = ["a", "b", "c"];
let database: Database;
let container: Container;

beforeAll(async () => {
  database = await newDatabase();
  container = await newContainer(database, "queried");
  const bodies = Array.from({ length: COUNT }, (_, n) => ({
    id: `i${n}`,
    pk: `p${n}`,
    n,
    kind: KINDS[n % 3]!,
    tags: [`t${n % 2}`, "all"],
  }));
  await container.items.executeBulkOperations(
    bodies.map((resourceBody) => ({
      operationType: "Create",
      partitionKey: resourceBody.pk,
      resourceBody,
    })),
  );
});

afterAll(async () => {
  await database.delete();
});

async function all(query: string, parameters: { name: string; value: unknown }[] = []): Promise<unknown[]> {
  const spec = { query, parameters: parameters as { name: string; value: string }[] };
  return (await container.items.query(spec).fetchAll()).resources;
}

const numbers = Array.from({ length: COUNT }, (_, n) => n);

test("the items are on both physical partitions", async () => {
  const { resources: ranges } = await container.readPartitionKeyRanges().fetchAll();

  expect(ranges).toHaveLength(2);
});

describe("A query of all partitions", () => {
  test("with ORDER BY is merged in both directions", async () => {
    expect(await all("SELECT VALUE c.n FROM c ORDER BY c.n")).toEqual(numbers);
    expect(await all("SELECT VALUE c.n FROM c ORDER BY c.n DESC")).toEqual(numbers.toReversed());
  });

  test("returns pages of the requested size", async () => {
    const pages: number[][] = [];
    const query = container.items.query<number>("SELECT VALUE c.n FROM c ORDER BY c.n", { maxItemCount: 7 });
    while (query.hasMoreResults()) {
      const { resources } = await query.fetchNext();
      if (resources?.length) pages.push(resources);
    }

    expect(pages.map((page) => page.length)).toEqual([7, 7, 7, 3]);
    expect(pages.flat()).toEqual(numbers);
  });

  test("with TOP, OFFSET and LIMIT is cut after the merge", async () => {
    expect(await all("SELECT TOP 3 VALUE c.n FROM c ORDER BY c.n DESC")).toEqual([23, 22, 21]);
    expect(await all("SELECT VALUE c.n FROM c ORDER BY c.n OFFSET 5 LIMIT 4")).toEqual([5, 6, 7, 8]);
    expect(await all("SELECT VALUE c.n FROM c OFFSET 20 LIMIT 10")).toHaveLength(4);
  });

  test("with DISTINCT returns each value once", async () => {
    expect(new Set(await all("SELECT DISTINCT VALUE c.kind FROM c"))).toEqual(new Set(KINDS));
    expect(await all("SELECT DISTINCT VALUE c.kind FROM c")).toHaveLength(KINDS.length);
    expect(await all("SELECT DISTINCT VALUE c.kind FROM c ORDER BY c.kind DESC")).toEqual(["c", "b", "a"]);
  });

  test("with one aggregate is merged", async () => {
    const sum = (COUNT * (COUNT - 1)) / 2;

    expect(await all("SELECT VALUE COUNT(1) FROM c")).toEqual([COUNT]);
    expect(await all("SELECT VALUE SUM(c.n) FROM c")).toEqual([sum]);
    expect(await all("SELECT VALUE AVG(c.n) FROM c")).toEqual([sum / COUNT]);
    expect(await all("SELECT VALUE MIN(c.n) FROM c")).toEqual([0]);
    expect(await all("SELECT VALUE MAX(c.n) FROM c")).toEqual([COUNT - 1]);
  });

  test("with several aggregates is merged by their names", async () => {
    expect(await all("SELECT COUNT(1) AS count, MIN(c.n) AS low, MAX(c.n) AS high FROM c")).toEqual([
      { count: COUNT, low: 0, high: COUNT - 1 },
    ]);
  });

  test("with GROUP BY merges the groups", async () => {
    const query =
      "SELECT c.kind, COUNT(1) AS count, SUM(c.n) AS sum, AVG(c.n) AS mean FROM c GROUP BY c.kind";
    const groups = (await all(query)) as { kind: string }[];

    expect(groups.toSorted((a, b) => a.kind.localeCompare(b.kind))).toEqual([
      { kind: "a", count: 8, sum: 84, mean: 10.5 },
      { kind: "b", count: 8, sum: 92, mean: 11.5 },
      { kind: "c", count: 8, sum: 100, mean: 12.5 },
    ]);
  });

  test("with JOIN, EXISTS and parameters returns the matching items", async () => {
    const joined = "SELECT VALUE c.n FROM c JOIN t IN c.tags WHERE t = @tag AND c.n < @most ORDER BY c.n";
    const parameters = [
      { name: "@tag", value: "t1" },
      { name: "@most", value: 6 },
    ];
    const existing =
      "SELECT VALUE c.n FROM c WHERE EXISTS(SELECT VALUE t FROM t IN c.tags WHERE t = 't0') ORDER BY c.n";

    expect(await all(joined, parameters)).toEqual([1, 3, 5]);
    expect(await all(existing)).toEqual(numbers.filter((n) => n % 2 === 0));
  });
});

test("a query of one partition key reads only its items", async () => {
  const query = container.items.query("SELECT VALUE c.id FROM c", { partitionKey: "p4" });

  expect((await query.fetchAll()).resources).toEqual(["i4"]);
});

test("all items are read page by page", async () => {
  const { resources } = await container.items.readAll({ maxItemCount: 5 }).fetchAll();

  expect(resources).toHaveLength(COUNT);
  expect(new Set(resources.map((item) => item.id))).toEqual(new Set(numbers.map((n) => `i${n}`)));
});

test("an invalid query is refused with 400", async () => {
  expect(await refusal(all("SELECT * FRM c"))).toBe(400);
  expect(await refusal(all("SELECT VALUE NOSUCH(c.n) FROM c"))).toBe(400);
});
