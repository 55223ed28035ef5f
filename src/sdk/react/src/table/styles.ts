/**
 * The styles of the table. Values that an app may change are CSS variables. The styles are exported for pages whose
 * content security policy allows them by their hash.
 */
export const STYLES = `
.acme-events {
  --_text: var(--acme-events-text, CanvasText);
  --_muted: var(--acme-events-muted, color-mix(in srgb, var(--_text) 65%, transparent));
  --_line: var(--acme-events-line, color-mix(in srgb, var(--_text) 15%, transparent));
  --_surface: var(--acme-events-surface, Canvas);
  --_accent: var(--acme-events-accent, Highlight);
  --_active: var(--acme-events-active, color-mix(in srgb, var(--_accent) 18%, var(--_surface)));
  color: var(--_text);
  background: var(--_surface);
  border: 1px solid var(--_line);
  border-radius: var(--acme-events-radius, 8px);
  font: var(--acme-events-font, 14px/1.4 system-ui, sans-serif);
  overflow: hidden;
  box-sizing: border-box;
  container-type: inline-size;
  inline-size: 100%;
}
.acme-events-grid { overflow: auto; overflow-anchor: none; position: relative; }
.acme-events-grid:focus-visible { outline: 2px solid var(--_accent); outline-offset: -2px; }
.acme-events-head, .acme-events-body { min-width: 38rem; }
.acme-events-body { position: relative; }
.acme-events-row { display: grid; align-items: center; border-bottom: 1px solid var(--_line); box-sizing: border-box; }
.acme-events-row > * { padding: 0 12px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.acme-events-body .acme-events-row { position: absolute; left: 0; right: 0; cursor: pointer; }
.acme-events-row[aria-selected="true"] { background: var(--_active); }
.acme-events-row[data-fresh] { box-shadow: inset 3px 0 var(--_accent); }
.acme-events-head { position: sticky; top: 0; z-index: 1; min-height: 36px; background: var(--_surface); font-weight: 600; }
.acme-events-sentinel { position: absolute; bottom: 0; width: 1px; height: min(100%, 800px); pointer-events: none; }
.acme-events-details { position: relative; padding: 0 12px; max-height: 240px; overflow: auto; border-top: 1px solid var(--_line); }
.acme-events-actions { position: sticky; top: 8px; float: right; display: flex; gap: 8px; }
.acme-events-footer { padding: 8px 12px; min-height: 1.4em; color: var(--_muted); border-top: 1px solid var(--_line); }
.acme-events-footer [role="alert"] { color: var(--acme-events-danger, color-mix(in srgb, #b42318 60%, var(--_text))); }
.acme-events button { font: inherit; cursor: pointer; }
@container (width < 480px) {
  .acme-events-head, .acme-events-body { min-width: 0; }
  .acme-events-row { grid-template-columns: 1fr 1fr !important; align-content: center; line-height: 1.25; }
  .acme-events-row > :nth-child(n + 5) { display: none; }
  .acme-events-row > :only-child { grid-column: 1 / -1; }
}
`;
