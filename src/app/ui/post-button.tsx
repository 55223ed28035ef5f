import type { ReactNode } from "react";

interface PostButtonProps {
  /** The route that receives the request. */
  readonly action: string;
  /** The fields of the request. */
  readonly fields?: Readonly<Record<string, string>>;
  readonly className?: string | undefined;
  readonly children: ReactNode;
}

/** A button that sends a POST request to a route, which redirects to the next page. */
export function PostButton({ action, fields, className = "button", children }: PostButtonProps) {
  return (
    <form action={action} method="post">
      {Object.entries(fields ?? {}).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      <button className={className}>{children}</button>
    </form>
  );
}
