import "server-only";

type Fields = Readonly<Record<string, string | undefined>>;

/** The text fields of a posted form. */
export async function formOf(request: Request): Promise<Fields> {
  return fieldsOf(await request.formData());
}

export function fieldsOf(form: FormData): Fields {
  return Object.fromEntries(
    [...form].filter((field): field is [string, string] => typeof field[1] === "string"),
  );
}
