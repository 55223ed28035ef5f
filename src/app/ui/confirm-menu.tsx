import type { ReactNode } from "react";
import { closeMenu, Menu } from "./menu";

interface ConfirmMenuProps {
  /** The button's name for screen readers. */
  readonly label: string;
  /** The text of the button that opens the menu. */
  readonly button: string;
  /** The text of the button that performs the action. */
  readonly action: string;
  readonly onConfirm: () => void;
  /** What the action causes. */
  readonly children: ReactNode;
}

/** A menu that says what an action causes, with a button that performs the action. */
export function ConfirmMenu({ label, button, action, onConfirm, children }: ConfirmMenuProps) {
  return (
    <Menu label={label} button={button}>
      <div className="space-y-2 p-2 wrap-anywhere whitespace-normal">
        <p>{children}</p>
        <button
          type="button"
          className="button w-full text-bad"
          onClick={({ currentTarget }) => {
            closeMenu(currentTarget);
            onConfirm();
          }}
        >
          {action}
        </button>
      </div>
    </Menu>
  );
}
