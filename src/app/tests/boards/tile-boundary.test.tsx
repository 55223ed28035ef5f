// @vitest-environment happy-dom
import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { TileBoundary } from "../../features/boards/tile-boundary";

function Broken(): never {
  throw new Error("a view that can't be rendered");
}

test("an error of one view leaves the others on the board", () => {
  const board = (
    <main>
      <TileBoundary>
        <Broken />
      </TileBoundary>
      <TileBoundary>the other view</TileBoundary>
    </main>
  );
  render(board, { onCaughtError: () => undefined });

  expect(screen.getByRole("alert").textContent).toContain("This view couldn't be shown.");
  expect(screen.getByRole("main").textContent).toContain("the other view");
});
