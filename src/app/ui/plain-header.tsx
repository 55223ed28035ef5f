/** The header of pages without an organisation, such as the sign-in page. */
export function PlainHeader() {
  return (
    <header className="border-b border-line bg-surface">
      <a href="/" className="flex h-14 w-fit items-center gap-2.5 px-3 font-semibold sm:px-5">
        {/* Lazy, because React preloads the other images of the "not found" page on every page. */}
        <img src="/icon.svg" alt="" width={28} height={28} loading="lazy" />
        Acme Analytics
      </a>
    </header>
  );
}
