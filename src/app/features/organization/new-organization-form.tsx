import { Panel } from "@/ui/panel";
import { NAME_CHARACTERS_MAX } from "./name";

interface NewOrganizationFormProps {
  /** The name that was rejected, so that it can be corrected. */
  readonly name: string;
}

/** Creates an organisation, whose owner is the signed-in person. */
export function NewOrganizationForm({ name }: NewOrganizationFormProps) {
  return (
    <Panel title="Create an organisation" className="mt-6 text-text">
      <form action="/session/sign-up" method="post" className="flex flex-wrap items-end gap-3 px-4 pb-4">
        <label className="grow basis-48 text-sm font-medium">
          Organisation name
          <input
            name="name"
            required
            maxLength={NAME_CHARACTERS_MAX}
            defaultValue={name}
            autoComplete="organization"
            className="field"
          />
        </label>
        <button className="button button-main">Create organisation</button>
      </form>
    </Panel>
  );
}
