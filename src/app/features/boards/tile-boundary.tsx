import { Component, type ReactNode } from "react";

interface Props {
  readonly children: ReactNode;
}

/** Keeps an error of one view from replacing the whole board. */
export class TileBoundary extends Component<Props, { readonly hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError(): { readonly hasFailed: boolean } {
    return { hasFailed: true };
  }

  override render(): ReactNode {
    if (!this.state.hasFailed) return this.props.children;
    return (
      <p role="alert" className="text-sm text-muted">
        This view couldn&apos;t be shown. Reload the page, or open the view.
      </p>
    );
  }
}
