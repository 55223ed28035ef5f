/** Texts about what the page shows, one per line. */
export function Notes({ notes }: { readonly notes: readonly string[] }) {
  if (!notes.length) return null;
  return (
    <output aria-label="Notes" className="block space-y-1 text-sm text-muted">
      {notes.map((note) => (
        <span className="block" key={note}>
          {note}
        </span>
      ))}
    </output>
  );
}
