"use client";

export { type Column, COLUMNS, type Format } from "./columns.ts";
export { EventsTable, type EventsTableProps } from "./events-table.tsx";
