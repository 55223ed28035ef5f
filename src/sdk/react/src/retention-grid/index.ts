"use client";

export { RetentionGrid, type RetentionGridProps } from "./retention-grid.tsx";
