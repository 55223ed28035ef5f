/** The styles of a retention grid. */
export const RETENTION_GRID_STYLES = `
.acme-retention-grid .acme-insight-body { height: var(--acme-insights-height, 280px); }
.acme-retention-scroller { max-height: 100%; overflow: auto; }
.acme-retention-grid table { width: 100%; border-spacing: 0; text-align: end; white-space: nowrap; }
.acme-retention-grid :is(th, td) { position: relative; padding: 4px 10px; border-bottom: 1px solid var(--_line); font-weight: 400; }
.acme-retention-grid :is(thead th, [scope="row"]) { position: sticky; z-index: 2; background: var(--_surface); }
.acme-retention-grid thead th { top: 0; color: var(--_muted); }
.acme-retention-grid :is([scope="row"], thead th:first-child) { inset-inline-start: 0; text-align: start; }
.acme-retention-grid thead th:first-child { z-index: 3; }
.acme-retention-grid td svg { position: absolute; inset: 1px; width: calc(100% - 2px); height: calc(100% - 2px); fill: var(--_accent); }
.acme-retention-grid td span { position: relative; }
.acme-retention-grid [data-unfinished] { font-style: italic; }
.acme-retention-grid [data-unfinished] svg { outline: 1px dashed var(--_muted); outline-offset: -1px; }
@container (width < 30rem) { .acme-retention-grid :is(th, td) { padding: 4px 6px; font-size: 12px; } }
@media (forced-colors: active) { .acme-retention-grid td rect { fill: none; } }
`;
