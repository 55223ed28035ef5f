"use server";

import type { ErasureDescription } from "@acme/analytics-sdk";
import type { ErrorCode } from "@/features/errors/error-messages";
import { act } from "@/server/page-data";
import { createErasure, describeErasure } from "@/server/privacy-api";

/** Delete all events of a user and refuse new ones. */
export async function erase(user_id: string): Promise<ErasureDescription | ErrorCode> {
  return act((token) => createErasure(token, user_id));
}

/** Return the status of an erasure and, when it is done, its receipt. */
export async function readErasure(erasure_id: string): Promise<ErasureDescription | ErrorCode> {
  return act((token) => describeErasure(token, erasure_id));
}
