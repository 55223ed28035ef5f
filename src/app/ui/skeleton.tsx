/** A placeholder of the same size as the content that is loading. */
export function Skeleton({ className }: { readonly className: string }) {
  return (
    <span
      aria-hidden="true"
      className={`block animate-pulse rounded bg-raised motion-reduce:animate-none ${className}`}
    />
  );
}
