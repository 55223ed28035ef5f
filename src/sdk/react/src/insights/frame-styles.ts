/** The styles that cards, charts and grids share. Values that an app may change are CSS variables. */
export const FRAME_STYLES = `
.acme-insight {
  --_text: var(--acme-insights-text, CanvasText);
  --_muted: var(--acme-insights-muted, color-mix(in srgb, var(--_text) 70%, transparent));
  --_line: var(--acme-insights-line, color-mix(in srgb, var(--_text) 15%, transparent));
  --_surface: var(--acme-insights-surface, Canvas);
  --_accent: var(--acme-insights-accent, #6366f1);
  container-type: inline-size;
  box-sizing: border-box;
  inline-size: 100%;
  margin: 0;
  padding: 12px 16px;
  color: var(--_text);
  background: var(--_surface);
  border: 1px solid var(--_line);
  border-radius: var(--acme-insights-radius, 8px);
  font: var(--acme-insights-font, 14px/1.4 system-ui, sans-serif);
  font-variant-numeric: tabular-nums;
}
.acme-insight:focus-visible, .acme-insight :focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; }
.acme-insight-title { margin-bottom: 4px; font-weight: 600; overflow-wrap: anywhere; }
.acme-insight-body { position: relative; }
.acme-insight-data { height: 100%; }
.acme-insight-data[data-state="old"] { opacity: .5; }
.acme-insight-data[data-state="none"] { visibility: hidden; }
.acme-insight-data[data-state="loading"] { color: transparent; background: var(--_line); border-radius: 6px; }
.acme-insight-data[data-state="loading"] > * { visibility: hidden; }
.acme-insight-status, .acme-insight-failure { position: absolute; inset: 0; display: flex; flex-wrap: wrap; gap: 4px 8px; place-content: center; align-items: center; overflow: auto; text-align: center; overflow-wrap: anywhere; color: var(--_muted); }
.acme-insight-status { pointer-events: none; }
.acme-insight-status > * { pointer-events: auto; }
.acme-insight-failure { color: var(--acme-insights-danger, color-mix(in srgb, #b42318 60%, var(--_text))); }
.acme-insight-failure[data-over] { top: auto; max-height: 100%; padding: 4px; background: var(--_surface); }
.acme-insight-failure button { font: inherit; cursor: pointer; }
.acme-insight .acme-insight-hidden { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.acme-insight p, .acme-insight ol, .acme-insight ul { margin: 0; padding: 0; list-style: none; }
.acme-insight-note { color: var(--_muted); font-size: .85em; }
@media (prefers-reduced-motion: no-preference) {
  .acme-insight-data { transition: opacity .2s; }
  .acme-insight-data[data-state="loading"] { animation: acme-insight-pulse 1.5s ease-in-out infinite alternate; }
}
@keyframes acme-insight-pulse { to { opacity: .4; } }
@media (forced-colors: active) {
  .acme-insight { --_accent: var(--acme-insights-accent, Highlight); --_line: var(--acme-insights-line, GrayText); }
  .acme-insight-data[data-state="loading"] { border: 1px dashed GrayText; box-sizing: border-box; }
}
`;
