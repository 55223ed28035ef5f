import { FUNNEL_CHART_STYLES } from "../funnel-chart/styles.ts";
import { METRIC_CARD_STYLES } from "../metric-card/styles.ts";
import { METRIC_CHART_STYLES } from "../metric-chart/styles.ts";
import { RETENTION_GRID_STYLES } from "../retention-grid/styles.ts";
import { FRAME_STYLES } from "./frame-styles.ts";

/** The contents of the style elements, for content security policies that allow them by their hashes. */
export const STYLES: readonly string[] = [
  FRAME_STYLES,
  METRIC_CARD_STYLES,
  METRIC_CHART_STYLES,
  FUNNEL_CHART_STYLES,
  RETENTION_GRID_STYLES,
];
