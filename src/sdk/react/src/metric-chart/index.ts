"use client";

export { MetricChart, type MetricChartProps } from "./metric-chart.tsx";
