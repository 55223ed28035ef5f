"use client";

export { MetricCard, type MetricCardProps } from "./metric-card.tsx";
