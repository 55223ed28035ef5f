"use client";

export { type Column, COLUMNS } from "./columns.ts";
export { EventsTable, type EventsTableProps } from "./events-table.tsx";
