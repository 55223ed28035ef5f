// Convert the API's OpenAPI document on stdin to TypeScript types on stdout. `make sdk-types` runs this script once for
// each part: the operations that send and read data (`api`), and those of the other parts in `TAGS`.
import { readFileSync } from "node:fs";

const document = JSON.parse(readFileSync(0, "utf8"));
const [part = "api"] = process.argv.slice(2);
/** The tags of the operations of each part; all other operations belong to the part `api`. */
const TAGS = {
  insights: ["insights"],
  administration: ["keys", "organization", "members", "invitations", "joining", "audit log", "privacy"],
  views: ["views", "boards", "annotations"],
  alerts: ["alerts"],
};

const HEADER = "// Generated from the API's OpenAPI document by `make sdk-types`. Do not edit.\n";

/** Return the TypeScript type of a JSON schema. */
function typeOf(schema) {
  if (schema.$ref) return schema.$ref.split("/").at(-1);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return [...new Set(choices.map(typeOf))].join(" | ");
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
  if (!schema.properties) return `${comment(schema.description)}export type ${name} = ${typeOf(schema)};\n`;
  const required = new Set(schema.required ?? []);
  const fields = Object.entries(schema.properties).map(([field, type]) => {
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

/** Yield the named schemas that an operation's requests, queries and responses use. */
function* schemasOf(operation) {
  for (const { schema } of Object.values(operation.requestBody?.content ?? {})) {
    yield* Object.entries(schema.$defs ?? {});
    yield* (schema.anyOf ?? [schema]).map((one) => [one.title, one]);
  }
  const query = parametersOf(operation);
  if (Object.keys(query.properties).length) yield [`${pascal(operation.operationId)}Query`, query];
  yield* componentsIn(operation);
}

/** Yield the components that a part of the document refers to, directly or through other components. */
function* componentsIn(value, seen = new Set()) {
  if (typeof value !== "object" || value === null) return;
  const name = value.$ref?.match(/^#\/components\/schemas\/(.*)$/)?.[1];
  if (name && !seen.has(name)) {
    seen.add(name);
    yield [name, document.components.schemas[name]];
    yield* componentsIn(document.components.schemas[name], seen);
  }
  for (const child of Object.values(value)) yield* componentsIn(child, seen);
}

const operations = Object.values(document.paths).flatMap(Object.values);
const partOf = ({ tags }) =>
  Object.keys(TAGS).find((one) => tags.some((tag) => TAGS[one].includes(tag))) ?? "api";
const namesIn = (one) =>
  new Map(operations.filter((each) => partOf(each) === one).flatMap((each) => [...schemasOf(each)]));
const api = namesIn("api");
const chosen = [...namesIn(part)].filter(([name]) => part === "api" || !api.has(name));
const byName = new Map(chosen.toSorted(([a], [b]) => a.localeCompare(b)));
process.stdout.write([HEADER, ...[...byName].map((entry) => declarationOf(...entry))].join("\n"));
