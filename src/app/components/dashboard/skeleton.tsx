/** The place of something that is on its way, as large as it will be. */
export function Skeleton({ className }: { readonly className: string }) {
  return (
    <span
      aria-hidden="true"
      className={`block animate-pulse rounded bg-raised motion-reduce:animate-none ${className}`}
    />
  );
}
