/** The styles of a card. */
export const METRIC_CARD_STYLES = `
.acme-metric-value { font-size: 28px; font-weight: 600; line-height: 1.25; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.acme-metric-before { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.acme-metric-before b { color: var(--_text); }
@container (width < 12rem) { .acme-metric-value { font-size: 20px; } }
`;
