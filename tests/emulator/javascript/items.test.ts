// Items, patches, batches, bulk operations and the change feed, through @azure/cosmos over HTTPS.
import { ChangeFeedStartFrom, type Container, type Database, type OperationInput } from "@azure/cosmos";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { client, endpoint, newContainer, newDatabase, refusal } from "./account.ts";

let database: Database;
let container: Container;

beforeAll(async () => {
  database = await newDatabase();
  container = await newContainer(database, "items");
});

afterAll(async () => {
  await database.delete();
});

test("the server uses TLS with a certificate that Node verified", () => {
  expect(endpoint).toMatch(/^https:/);
  expect(process.env["NODE_TLS_REJECT_UNAUTHORIZED"]).toBeUndefined();
});

describe("An item", () => {
  test("is created, read, replaced, upserted and deleted", async () => {
    const { resource: created, requestCharge } = await container.items.create({ id: "a", pk: "p", n: 1 });
    const read = await container.item("a", "p").read();
    await container.item("a", "p").replace({ id: "a", pk: "p", n: 2 });
    const upserted = await container.items.upsert({ id: "a", pk: "p", n: 3 });
    const other = await container.items.upsert({ id: "b", pk: "p", n: 4 });

    expect(created).toMatchObject({ id: "a", pk: "p", n: 1 });
    expect(requestCharge).toBeGreaterThan(4.9);
    expect(read.resource).toEqual(created);
    expect([upserted.statusCode, other.statusCode]).toEqual([200, 201]);
    expect((await container.item("a", "p").read()).resource).toMatchObject({ n: 3 });
    expect((await container.item("a", "p").delete()).statusCode).toBe(204);
    expect((await container.item("a", "p").read()).statusCode).toBe(404);
  });

  test("has an id and a key of any characters", async () => {
    const given = { id: "Ünï %20 + ü", pk: 'quote " and 日本' };
    await container.items.create(given);

    expect((await container.item(given.id, given.pk).read()).resource).toMatchObject(given);
  });

  test("is replaced only if its ETag is current", async () => {
    const { etag } = await container.items.create({ id: "etag", pk: "p" });
    const condition = { accessCondition: { type: "IfMatch", condition: etag } };
    const item = container.item("etag", "p");
    await item.replace({ id: "etag", pk: "p", n: 1 }, condition);

    expect(await refusal(item.replace({ id: "etag", pk: "p", n: 2 }, condition))).toBe(412);
    expect((await item.read()).resource).toMatchObject({ n: 1 });
  });

  test("is not created twice", async () => {
    await container.items.create({ id: "twice", pk: "p" });

    expect(await refusal(container.items.create({ id: "twice", pk: "p" }))).toBe(409);
    expect(await refusal(container.item("missing", "p").delete())).toBe(404);
  });

  test("is read by the link of its resource ids", async () => {
    const { resource } = await container.items.create({ id: "self", pk: "p", n: 7 });
    const [, , databaseRid, , containerRid, , rid] = `/${resource!._self}`.split("/");
    const byRid = client.database(databaseRid!).container(containerRid!);

    expect((await byRid.item(rid!, "p").read()).resource).toMatchObject({ id: "self", n: 7 });
    expect((await byRid.item(rid!, "p").delete()).statusCode).toBe(204);
    expect((await container.item("self", "p").read()).statusCode).toBe(404);
  });

  test("is patched with a list of operations, and with a condition", async () => {
    await container.items.create({ id: "patched", pk: "p", n: 1, tags: ["a"], old: true });
    const item = container.item("patched", "p");
    const { resource } = await item.patch([
      { op: "incr", path: "/n", value: 4 },
      { op: "add", path: "/tags/-", value: "b" },
      { op: "set", path: "/new", value: { deep: 1 } },
      { op: "remove", path: "/old" },
    ]);
    const conditional = {
      condition: "FROM c WHERE c.n = 0",
      operations: [{ op: "set" as const, path: "/n", value: 9 }],
    };

    expect(resource).toMatchObject({ n: 5, tags: ["a", "b"], new: { deep: 1 } });
    expect(resource).not.toHaveProperty("old");
    expect(await refusal(item.patch(conditional))).toBe(412);
  });
});

describe("Several operations", () => {
  const create = (id: string, pk: string): OperationInput => ({
    operationType: "Create",
    partitionKey: pk,
    resourceBody: { id, pk },
  });

  test("of a batch take effect together or not at all", async () => {
    const { result, code } = await container.items.batch(
      [
        { operationType: "Create", resourceBody: { id: "b1", pk: "batch", n: 1 } },
        { operationType: "Patch", id: "b1", resourceBody: [{ op: "incr", path: "/n", value: 1 }] },
        { operationType: "Read", id: "b1" },
      ],
      "batch",
    );
    const failed = await container.items.batch(
      [
        { operationType: "Create", resourceBody: { id: "b2", pk: "batch" } },
        { operationType: "Create", resourceBody: { id: "b1", pk: "batch" } },
      ],
      "batch",
    );

    expect(code).toBe(200);
    expect(result?.map((one) => one.statusCode)).toEqual([201, 200, 200]);
    expect(result?.[2]?.resourceBody).toMatchObject({ id: "b1", n: 2 });
    expect(failed.result?.map((one) => one.statusCode)).toEqual([424, 409]);
    expect((await container.item("b2", "batch").read()).statusCode).toBe(404);
  });

  test("in bulk succeed or fail one by one, across partitions", async () => {
    await container.items.create({ id: "x", pk: "bulk0" });
    const ids = Array.from({ length: 20 }, (_, n) => `bulk${n}`);
    const results = await container.items.executeBulkOperations([
      ...ids.map((pk) => create("y", pk)),
      create("x", "bulk0"),
      { operationType: "Read", partitionKey: "bulk0", id: "x" },
      { operationType: "Delete", partitionKey: "bulk1", id: "missing" },
    ]);
    const statuses = results.map((one) => one.response?.statusCode ?? one.error?.code);

    expect(statuses).toEqual([...ids.map(() => 201), 409, 200, 404]);
    expect(results[21]?.response?.resourceBody).toMatchObject({ id: "x", pk: "bulk0" });
    for (const pk of ids) expect((await container.item("y", pk).read()).resource).toMatchObject({ pk });
  });

  test("in the older form of bulk have results in the order of the operations", async () => {
    const operations = Array.from({ length: 6 }, (_, n) => create(`old${n}`, `old${n}`));
    const patch: OperationInput = {
      operationType: "Patch",
      partitionKey: "old3",
      id: "old3",
      resourceBody: { operations: [{ op: "add", path: "/n", value: 3 }] },
    };
    const created = await container.items.bulk(operations);
    const [patched, refused] = await container.items.bulk([patch, create("old0", "old0")]);

    expect(created.map((one) => one.resourceBody?.["id"])).toEqual(operations.map((_, n) => `old${n}`));
    expect(patched?.resourceBody).toMatchObject({ id: "old3", n: 3 });
    expect(refused?.statusCode).toBe(409);
  });
});

test("the change feed returns the newest versions, and continues after them", async () => {
  const feed = await newContainer(database, "feed");
  for (let n = 0; n < 5; n++) await feed.items.create({ id: `${n}`, pk: `p${n}`, n });
  await feed.item("0", "p0").replace({ id: "0", pk: "p0", n: 10 });
  const start = feed.items.getChangeFeedIterator<{ id: string; n: number }>({
    changeFeedStartFrom: ChangeFeedStartFrom.Beginning(),
  });
  const seen = new Map<string, number>();
  let token = "";
  for (let page = await start.readNext(); page.statusCode !== 304; page = await start.readNext()) {
    for (const { id, n } of page.result) seen.set(id, n);
    token = page.continuationToken;
  }
  await feed.items.create({ id: "later", pk: "p1", n: 11 });
  const later = feed.items.getChangeFeedIterator<{ id: string }>({
    changeFeedStartFrom: ChangeFeedStartFrom.Continuation(token),
  });
  const changes: string[] = [];
  for (let page = await later.readNext(); page.statusCode !== 304; page = await later.readNext()) {
    changes.push(...page.result.map((item) => item.id));
  }

  expect(Object.fromEntries(seen)).toEqual({ 0: 10, 1: 1, 2: 2, 3: 3, 4: 4 });
  expect(changes).toEqual(["later"]);
});
