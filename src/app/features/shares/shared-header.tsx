/** The header of pages of share links, which leads nowhere. */
export function SharedHeader() {
  return (
    <header className="border-b border-line bg-surface">
      <p className="flex h-14 items-center gap-2.5 px-3 font-semibold sm:px-6">
        {/* Lazy, because React preloads the other images of the "not found" page on every page. */}
        <img src="/icon.svg" alt="" width={28} height={28} loading="lazy" />
        Acme Analytics
      </p>
    </header>
  );
}
