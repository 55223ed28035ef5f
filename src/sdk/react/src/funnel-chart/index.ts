"use client";

export { FunnelChart, type FunnelChartProps } from "./funnel-chart.tsx";
