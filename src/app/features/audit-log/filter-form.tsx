"use client";

import Form from "next/form";
import { usePath } from "@/features/auth/session-provider";
import { ACTIONS, type AuditFilters } from "./entries";

const ACTOR_CHARACTERS_MAX = 255;

/** Selects the entries. The filters are in the URL. Each field is replaced when its filter changes. */
export function FilterForm({ action, actor }: AuditFilters) {
  const auditLog = usePath()("settings/audit-log");
  return (
    <Form action={auditLog} className="flex flex-wrap items-end gap-3" aria-label="Filters">
      <label className="text-sm font-medium max-sm:grow">
        Action
        <select key={action} name="action" defaultValue={action} className="field">
          <option value="">All actions</option>
          {Object.entries(ACTIONS).map(([name, title]) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <label className="grow basis-48 text-sm font-medium">
        Actor
        <input
          key={actor}
          name="actor"
          defaultValue={actor}
          maxLength={ACTOR_CHARACTERS_MAX}
          placeholder="User ID"
          className="field"
        />
      </label>
      <button className="button">Filter</button>
    </Form>
  );
}
