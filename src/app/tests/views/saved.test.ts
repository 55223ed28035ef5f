import type { BoardDescription, ViewDescription } from "@acme/analytics-sdk";
import { expect, test } from "vitest";
import {
  addressOf,
  byName,
  isSameState,
  moved,
  openedIn,
  stateIn,
  viewPageIn,
  viewsOf,
  withOpened,
  withoutView,
  withView,
} from "../../features/views/saved";

const VIEW: ViewDescription = {
  view_id: "view_1",
  name: "Sign-ups",
  page: "explore",
  state: "range=7d",
  created_by: "usr_1",
  created_at: "2026-01-31T09:30:00.000000Z",
  updated_at: "2026-01-31T09:30:00.000000Z",
  version: "3",
};
const { view_id: _, page: __, state: ___, ...common } = VIEW;
const BOARD: BoardDescription = { ...common, board_id: "board_1", view_ids: ["view_2", "view_1"] };

test("the address of a view has its state and names the view", () => {
  const address = addressOf("org_acme", VIEW);

  expect(address).toBe("/o/org_acme/explore?range=7d&view=view_1");
  expect(addressOf("org_acme", { ...VIEW, state: "" })).toBe("/o/org_acme/explore?view=view_1");
  expect(addressOf("org_acme", { ...VIEW, state: "view=view_9&range=7d" })).toBe(
    "/o/org_acme/explore?view=view_1&range=7d",
  );
  const query = address.split("?")[1]!;
  expect(openedIn(query)).toBe("view_1");
  expect(stateIn(query)).toBe(VIEW.state);
  expect(withOpened("range=90d", openedIn(query))).toBe("range=90d&view=view_1");
  expect(withOpened("range=90d", undefined)).toBe("range=90d");
});

test("only the pages whose state can be saved are recognised", () => {
  expect(viewPageIn("/o/org_acme/funnels")).toBe("funnels");
  for (const path of ["/o/org_acme/settings/keys", "/o/org_acme/boards", "/o/org_acme", "/o/a/constructor"])
    expect(viewPageIn(path)).toBeUndefined();
});

test("the order of different parameters doesn't change a state, but that of equal ones does", () => {
  expect(isSameState("a=1&b=2", "b=2&a=1")).toBe(true);
  expect(isSameState("a=1+2", "a=1%202")).toBe(true);
  expect(isSameState("series=a&series=b", "series=b&series=a")).toBe(false);
});

test("an empty parameter doesn't change a state", () => {
  expect(isSameState("a=1&filter=", "a=1")).toBe(true);
});

test("a tile moves by one place and stays on the board", () => {
  expect(moved(["a", "b", "c"], "c", -1)).toEqual(["a", "c", "b"]);
  expect(moved(["a", "b", "c"], "a", 1)).toEqual(["b", "a", "c"]);
  expect(moved(["a", "b"], "a", -1)).toEqual(["a", "b"]);
  expect(moved(["a", "b"], "b", 1)).toEqual(["a", "b"]);
});

test("the views of a board are in its order, without those that this tab doesn't have", () => {
  const other = { ...VIEW, view_id: "view_2", name: "Älteste" };
  const saved = { views: [VIEW, other], boards: [BOARD] };

  expect(viewsOf(saved, BOARD)).toEqual([other, VIEW]);
  expect(viewsOf({ ...saved, views: [VIEW] }, BOARD)).toEqual([VIEW]);
  expect(byName(saved.views)).toEqual([other, VIEW]);
  const left = { ...BOARD, view_ids: ["view_1"] };
  expect(withoutView(saved, "view_2", [left])).toEqual({ views: [VIEW], boards: [left] });
  expect(withoutView(saved, "view_2", undefined)).toEqual({ views: [VIEW], boards: [left] });
  const renamed = { ...VIEW, name: "Z" };
  expect(withView(saved, renamed).views).toEqual([renamed, other]);
});
