/** The styles of a chart. The colours of the lines are visible on light and on dark surfaces. */
export const METRIC_CHART_STYLES = `
.acme-series-1 { color: var(--_accent); }
.acme-series-2 { color: var(--acme-insights-series-2, #d9680f); }
.acme-series-3 { color: var(--acme-insights-series-3, #0d9488); }
.acme-series-4 { color: var(--acme-insights-series-4, #c026d3); }
.acme-series-5 { color: var(--acme-insights-series-5, #5b8f0a); }
.acme-series-6 { color: var(--acme-insights-series-6, #0284c7); }
.acme-series-7 { color: var(--acme-insights-series-7, #e11d48); }
.acme-series-8 { color: var(--acme-insights-series-8, #78716c); }
.acme-metric-chart .acme-insight-body { height: var(--acme-insights-height, 280px); }
.acme-metric-chart .acme-insight-data { display: flex; flex-direction: column; gap: 12px; }
.acme-metric-legend { display: flex; flex-wrap: wrap; gap: 0 16px; }
.acme-metric-legend li { max-width: 12rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.acme-metric-swatch { width: auto; height: 9px; margin-inline-end: 5px; fill: currentColor; }
.acme-metric-plot { flex: 1; display: flex; gap: 8px; min-height: 0; padding: 0 8px 24px 0; }
.acme-metric-axis { display: flex; flex-direction: column; justify-content: space-between; text-align: end; white-space: nowrap; }
.acme-metric-axis, .acme-metric-lines { color: var(--_muted); font-size: 12px; }
.acme-metric-axis span { height: 0; line-height: 0; }
.acme-metric-lines { position: relative; flex: 1; min-width: 0; }
.acme-metric-lines > svg { position: absolute; }
.acme-metric-lines line { stroke: var(--_line); }
.acme-metric-lines text { fill: currentColor; }
.acme-metric-lines circle { fill: currentColor; stroke: var(--_surface); stroke-width: 2; }
.acme-metric-line { fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; vector-effect: non-scaling-stroke; }
.acme-metric-previous { stroke-width: 1.5; stroke-dasharray: 4 4; opacity: .6; }
.acme-metric-partial { stroke-dasharray: 1 5; }
.acme-metric-lines input { position: absolute; z-index: 1; inset: -4px; width: calc(100% + 8px); height: calc(100% + 8px); margin: 0; opacity: 0; cursor: crosshair; touch-action: pan-y; }
.acme-metric-lines input:focus-visible + svg { outline: 2px solid var(--_accent); outline-offset: 4px; }
.acme-metric-tooltip { position: absolute; z-index: 1; top: 0; margin: 0 10px; padding: 6px 8px; max-width: min(20rem, 80cqi); color: var(--_text); background: var(--_surface); border: 1px solid var(--_line); border-radius: 6px; pointer-events: none; }
.acme-metric-tooltip table { border-spacing: 0; }
.acme-metric-tooltip :is(th, td) { padding: 1px 0 1px 10px; font-weight: 400; text-align: right; white-space: nowrap; }
.acme-metric-tooltip th:first-child { max-width: 9rem; padding: 0; overflow: hidden; text-overflow: ellipsis; text-align: left; }
.acme-metric-tooltip svg { margin: 0; }
@container (width < 30rem) { .acme-metric-lines [data-odd] { display: none; } }
`;
