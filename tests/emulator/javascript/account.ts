// Clients of the emulator's account, and databases that are deleted after the tests of a file.
import { type Container, CosmosClient, type Database, ErrorResponse } from "@azure/cosmos";
import { inject } from "vitest";

export const { endpoint, key } = inject("cosmos");

export const client = new CosmosClient({ endpoint, key });

let created = 0;

/** Create a database with a new name. */
export async function newDatabase(): Promise<Database> {
  const { database } = await client.databases.create({ id: `js-${process.pid}-${++created}` });
  return database;
}

/** Create a container with the partition key `/pk` and two physical partitions. */
export async function newContainer(database: Database, id: string): Promise<Container> {
  const { container } = await database.containers.create({ id, partitionKey: { paths: ["/pk"] } });
  return container;
}

/** Return the status with which the service refuses an operation. */
export async function refusal(operation: Promise<unknown>): Promise<number | string | undefined> {
  try {
    await operation;
  } catch (error) {
    if (error instanceof ErrorResponse) return error.code;
    throw error;
  }
  throw new Error("The operation was not refused.");
}
