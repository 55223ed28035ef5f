// Convert the API's OpenAPI document on stdin to TypeScript types on stdout. `make sdk-types` runs this script.
import { readFileSync } from "node:fs";

const document = JSON.parse(readFileSync(0, "utf8"));

const HEADER = "// Generated from the API's OpenAPI document by `make sdk-types`. Do not edit.\n";

/** Return the TypeScript type of a JSON schema. */
function typeOf(schema) {
  if (schema.$ref) return schema.$ref.split("/").at(-1);
  if (schema.anyOf) return [...new Set(schema.anyOf.map(typeOf))].join(" | ");
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.type === "array") return `readonly ${group(typeOf(schema.items))}[]`;
  if (schema.type === "object") return "Readonly<Record<string, unknown>>";
  if (schema.type === "integer") return "number";
  return schema.type ?? "unknown";
}

function group(type) {
  return type.includes("|") ? `(${type})` : type;
}

function comment(text, indent = "") {
  return text ? `${indent}/** ${text} */\n` : "";
}

function declarationOf(name, schema) {
  if (schema.enum) return `${comment(schema.description)}export type ${name} = ${typeOf(schema)};\n`;
  const required = new Set(schema.required ?? []);
  const fields = Object.entries(schema.properties ?? {}).map(([field, type]) => {
    const key = /^\w+$/.test(field) ? field : JSON.stringify(field);
    const [mark, absent] = required.has(field) ? ["", ""] : ["?", " | undefined"];
    return `${comment(type.description, "  ")}  readonly ${key}${mark}: ${typeOf(type)}${absent};\n`;
  });
  return `${comment(schema.description)}export interface ${name} {\n${fields.join("")}}\n`;
}

/** Return an operation's query parameters as one object schema. */
function parametersOf({ operationId, parameters = [] }) {
  const query = parameters.filter((parameter) => parameter.in === "query");
  return {
    description: `The query of \`${operationId}\`.`,
    properties: Object.fromEntries(query.map(({ name, schema }) => [name, schema])),
    required: query.filter((parameter) => parameter.required).map(({ name }) => name),
  };
}

function pascal(name) {
  return name.replace(/(?:^|_)(\w)/g, (_, letter) => letter.toUpperCase());
}

/** Yield every named schema of the document, of request bodies and of queries. */
function* schemas() {
  yield* Object.entries(document.components.schemas);
  for (const operation of Object.values(document.paths).flatMap(Object.values)) {
    for (const { schema } of Object.values(operation.requestBody?.content ?? {})) {
      yield* Object.entries(schema.$defs ?? {});
      yield* (schema.anyOf ?? [schema]).map((part) => [part.title, part]);
    }
    const query = parametersOf(operation);
    if (Object.keys(query.properties).length) {
      yield [`${pascal(operation.operationId)}Query`, query];
    }
  }
}

const byName = new Map([...schemas()].toSorted(([a], [b]) => a.localeCompare(b)));
process.stdout.write([HEADER, ...[...byName].map((entry) => declarationOf(...entry))].join("\n"));
