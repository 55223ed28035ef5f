import type { JSX } from "react";

interface StyleElementProps {
  readonly name: string;
  readonly css: string;
  readonly nonce: string | undefined;
}

/**
 * A style element. React 19 inserts it once per page, in its head. The precedence is its own, because servers join the
 * contents of elements with the same precedence, and a joined element has another hash.
 */
export function StyleElement({ name, css, nonce }: StyleElementProps): JSX.Element {
  return (
    <style
      nonce={nonce}
      href={name}
      precedence={name}
      suppressHydrationWarning // browsers hide the nonce
      dangerouslySetInnerHTML={{ __html: css }} // React 18 would escape it as text
    />
  );
}
