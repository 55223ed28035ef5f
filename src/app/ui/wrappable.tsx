import { Fragment } from "react";

/** An id, a name or an address that wraps after its punctuation, and inside a word only if the word is too long. */
export function Wrappable({ children }: { readonly children: string }) {
  const parts = children.match(/[^/_.@:|-]*[/_.@:|-]+|[^/_.@:|-]+$/g) ?? [];
  return (
    <span className="wrap-anywhere">
      {parts.map((part, place) => (
        // oxlint-disable-next-line react/no-array-index-key
        <Fragment key={place}>
          {part}
          <wbr />
        </Fragment>
      ))}
    </span>
  );
}
