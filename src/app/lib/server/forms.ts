import "server-only";

/** The text fields of a posted form. */
export async function formOf(request: Request): Promise<Readonly<Record<string, string | undefined>>> {
  const fields = [...(await request.formData())];
  return Object.fromEntries(
    fields.filter((field): field is [string, string] => typeof field[1] === "string"),
  );
}
