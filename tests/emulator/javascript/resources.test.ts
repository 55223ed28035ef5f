// Databases, containers, offers, users, permissions and scripts, through @azure/cosmos over HTTPS.
import { CosmosClient, type Database, PermissionMode, TriggerOperation, TriggerType } from "@azure/cosmos";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { client, endpoint, newContainer, newDatabase, refusal } from "./account.ts";

let database: Database;

beforeAll(async () => {
  database = await newDatabase();
});

afterAll(async () => {
  await database.delete();
});

const named = (name: string) => ({
  query: "SELECT * FROM r WHERE r.id = @id",
  parameters: [{ name: "@id", value: name }],
});

describe("A database", () => {
  test("is created once, listed, queried and deleted", async () => {
    const id = `${database.id}-other`;
    const { database: other } = await client.databases.createIfNotExists({ id });
    const again = await client.databases.createIfNotExists({ id });
    const { resources: listed } = await client.databases.readAll().fetchAll();
    const { resources: queried } = await client.databases.query(named(id)).fetchAll();

    expect(again.statusCode).toBe(200);
    expect(listed.map((one) => one.id)).toEqual(expect.arrayContaining([database.id, id]));
    expect(queried.map((one) => one.id)).toEqual([id]);
    expect(await refusal(client.databases.create({ id }))).toBe(409);
    await other.delete();
    expect(await refusal(other.read())).toBe(404);
  });

  test("has an account with this endpoint", async () => {
    const { resource: account } = await client.getDatabaseAccount();

    expect(account?.consistencyPolicy).toBe("Session");
    expect(account?.writableLocations[0]?.databaseAccountEndpoint).toBe(endpoint);
  });
});

describe("A container", () => {
  test("keeps its definition, and is replaced, queried and deleted", async () => {
    const { container, resource } = await database.containers.create({
      id: "defined",
      partitionKey: { paths: ["/tenant", "/user"], kind: "MultiHash", version: 2 },
      uniqueKeyPolicy: { uniqueKeys: [{ paths: ["/mail"] }] },
      indexingPolicy: { includedPaths: [{ path: "/*" }], excludedPaths: [{ path: "/blob/*" }] },
    } as Parameters<typeof database.containers.create>[0]);
    await container.replace({ ...resource!, defaultTtl: 60 });
    const { resources: queried } = await database.containers.query(named("defined")).fetchAll();

    expect(queried[0]).toMatchObject({ id: "defined", defaultTtl: 60 });
    expect(queried[0].partitionKey.paths).toEqual(["/tenant", "/user"]);
    expect(queried[0].indexingPolicy.excludedPaths).toEqual(
      expect.arrayContaining([{ path: "/blob/*" }, { path: '/"_etag"/?' }]),
    );
    await container.items.create({ id: "1", tenant: "t", user: "u", mail: "m" });
    expect(await refusal(container.items.create({ id: "2", tenant: "t", user: "u", mail: "m" }))).toBe(409);
    expect((await container.item("1", ["t", "u"]).read()).resource).toMatchObject({ mail: "m" });
    await container.delete();
    expect(await refusal(container.read())).toBe(404);
  });

  test("is found by the resource ids of its link", async () => {
    const container = await newContainer(database, "linked");
    const { resource } = await container.read();
    const [, databaseRid, , rid] = resource!._self.split("/");
    const byRid = client.database(databaseRid!).container(rid!);
    await byRid.items.create({ id: "a", pk: "p" });

    expect((await byRid.read()).resource?.id).toBe("linked");
    expect((await container.item("a", "p").read()).resource).toMatchObject({ id: "a" });
  });

  test("has an offer, whose throughput is read and replaced", async () => {
    const { container } = await database.containers.create({
      id: "offered",
      partitionKey: "/pk",
      throughput: 500,
    });
    const { resource: definition } = await container.read();
    const { offer, resource } = await container.readOffer();
    await offer.replace({ ...resource!, content: { ...resource!.content!, offerThroughput: 700 } });
    const { resources: offers } = await client.offers
      .query({
        query: "SELECT * FROM o WHERE o.offerResourceId = @rid",
        parameters: [{ name: "@rid", value: definition!._rid }],
      })
      .fetchAll();

    expect(resource?.content?.offerThroughput).toBe(500);
    expect(offers.map((one) => one.content.offerThroughput)).toEqual([700]);
    const tooLow = { ...resource!, content: { ...resource!.content!, offerThroughput: 1 } };
    expect(await refusal(offer.replace(tooLow))).toBe(400);
  });

  test("has an autoscale throughput", async () => {
    const { container } = await database.containers.create({
      id: "scaled",
      partitionKey: "/pk",
      maxThroughput: 4000,
    });
    const { resource } = await container.readOffer();

    expect(resource?.content?.offerAutopilotSettings?.maxThroughput).toBe(4000);
  });
});

test("a user's permission gives access to one container only, in its mode", async () => {
  const [open, closed] = [await newContainer(database, "open"), await newContainer(database, "closed")];
  await open.items.create({ id: "a", pk: "p" });
  const { user } = await database.users.create({ id: "reader" });
  const { resource } = await user.permissions.create({
    id: "read-open",
    permissionMode: PermissionMode.Read,
    resource: open.url,
  });
  const reader = new CosmosClient({ endpoint, resourceTokens: { [open.url]: resource!._token } });
  const own = reader.database(database.id).container("open");
  const stolen = new CosmosClient({ endpoint, resourceTokens: { [closed.url]: resource!._token } });
  const other = stolen.database(database.id).container("closed");
  const { resources: users } = await database.users.query(named("reader")).fetchAll();
  const { resources: permissions } = await user.permissions.readAll().fetchAll();

  expect((await own.item("a", "p").read()).resource).toMatchObject({ id: "a" });
  expect(await refusal(own.items.create({ id: "b", pk: "p" }))).toBe(403);
  expect(await refusal(other.item("a", "p").read())).toBe(403);
  expect(users.map((one) => one.id)).toEqual(["reader"]);
  expect(permissions.map((one) => one.id)).toEqual(["read-open"]);
  await user.permission("read-open").delete();
  expect((await user.permissions.readAll().fetchAll()).resources).toEqual([]);
});

describe("A script", () => {
  const body = "function () { return 1; }";

  test("is stored as a procedure, a trigger and a function", async () => {
    const { scripts } = await newContainer(database, "scripts");
    await scripts.storedProcedures.create({ id: "one", body });
    await scripts.triggers.create({
      id: "two",
      body,
      triggerType: TriggerType.Pre,
      triggerOperation: TriggerOperation.All,
    });
    await scripts.userDefinedFunctions.create({ id: "three", body });
    await scripts.storedProcedure("one").replace({ id: "one", body: `${body} // changed` });
    const { resources } = await scripts.storedProcedures.query(named("one")).fetchAll();

    expect(resources[0].body).toContain("changed");
    expect((await scripts.trigger("two").read()).resource).toMatchObject({
      triggerType: TriggerType.Pre,
      body,
    });
    expect((await scripts.userDefinedFunctions.readAll().fetchAll()).resources).toMatchObject([
      { id: "three", body },
    ]);
    await scripts.userDefinedFunction("three").delete();
    expect(await refusal(scripts.userDefinedFunction("three").read())).toBe(404);
  });
});

test("a wrong key is refused with 401", async () => {
  const stranger = new CosmosClient({ endpoint, key: Buffer.from("another key").toString("base64") });

  expect(await refusal(stranger.database(database.id).read())).toBe(401);
});
