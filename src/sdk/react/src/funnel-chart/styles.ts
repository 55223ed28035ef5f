/** The styles of a funnel. */
export const FUNNEL_CHART_STYLES = `
.acme-funnel-chart li + li { margin-top: 8px; }
.acme-funnel-heading { display: flex; justify-content: space-between; gap: 0 12px; }
.acme-funnel-heading bdi { min-width: 0; overflow-wrap: anywhere; }
.acme-funnel-heading > span { flex: none; min-width: 9em; text-align: end; }
.acme-funnel-bar { display: block; fill: var(--_accent); }
.acme-funnel-track { fill: var(--_line); }
[dir="rtl"] .acme-funnel-bar { transform: scaleX(-1); }
@container (width < 30rem) { .acme-funnel-heading { flex-direction: column; } .acme-funnel-heading > span { text-align: start; } }
`;
