// Finds syntax and browser APIs in our code that the oldest supported browsers lack.
import { readFileSync } from "node:fs";
import data from "@mdn/browser-compat-data/forLegacyNode";
import type { Identifier as Feature } from "@mdn/browser-compat-data/types";
import { transform } from "esbuild";
import type { Node } from "typescript/unstable/ast";
import {
  isIdentifier,
  isInterfaceDeclaration,
  isTypeAliasDeclaration,
  isTypeNode,
  isVariableDeclaration,
} from "typescript/unstable/ast/is";
import { API, type Symbol as Declared } from "typescript/unstable/sync";
import { ROOT } from "./node.ts";

type Floor = Readonly<Record<"chrome" | "edge" | "firefox" | "safari", number>>;

/** Return the oldest supported version of each browser, as the package states it. */
export function floorOf(folder: string): Floor {
  const manifest = JSON.parse(readFileSync(`${ROOT}/${folder}/package.json`, "utf8")) as {
    browserslist: readonly string[];
  };
  const versions = manifest.browserslist.map((line) => line.split(" >= "));
  return Object.fromEntries(versions.map(([name, version]) => [name, Number(version)])) as Floor;
}

/** Return whether the oldest supported browsers parse the code. They do if esbuild doesn't need to change its syntax. */
export async function isParsedBy(floor: Floor, code: string): Promise<boolean> {
  const target = Object.entries(floor).map(([name, version]) => name + version);
  const [lowered, same] = await Promise.all([
    transform(code, { target, logLevel: "silent" }).catch(() => undefined),
    transform(code, { target: "esnext" }),
  ]);
  return lowered?.code === same.code;
}

/** Return the APIs, as `Interface.member`, that the project's files use and an oldest supported browser lacks. */
export function missingApis(config: string, files: (path: string) => boolean, floor: Floor): string[] {
  const api = new API({ cwd: ROOT });
  try {
    const project = api.updateSnapshot({ openProjects: [`${ROOT}/${config}`] }).getProjects()[0]!;
    const names = project.program.getSourceFileNames().filter(files);
    if (!names.length) throw new Error(`${config} has none of the files.`);
    const used = names.flatMap((name) =>
      project.checker.getSymbolAtLocation(valuesIn(project.program.getSourceFile(name)!)),
    );
    const apis = new Set(used.flatMap((symbol) => (symbol && isOfPlatform(symbol) ? pathOf(symbol) : [])));
    const notArguments = [...apis].filter((path) => !/(?:Init|Options)\./.test(path));
    return notArguments.filter((path) => isMissing(path, floor)).toSorted();
  } finally {
    api.close();
  }
}

/** Return the identifiers that exist at run time, without types. */
function valuesIn(node: Node): Node[] {
  if (isTypeNode(node) || isInterfaceDeclaration(node) || isTypeAliasDeclaration(node)) return [];
  const found: Node[] = isIdentifier(node) ? [node] : [];
  node.forEachChild((child) => void found.push(...valuesIn(child)));
  return found;
}

function isOfPlatform({ declarations }: Declared): boolean {
  return declarations.some(({ path }) => /\/lib\.[^/]*\.d\.ts$/.test(path));
}

function pathOf(symbol: Declared): string {
  const owner = symbol.getParent()?.name;
  if (owner === undefined) return symbol.name;
  const name = owner === "__type" ? variableAround(symbol) : owner;
  return symbol.name === "prototype" ? name : `${name}.${symbol.name}`;
}

/** Return the variable whose type declares the symbol. For a static member of `AbortSignal`, that is `AbortSignal`. */
function variableAround({ declarations }: Declared): string {
  let node = declarations[0]?.resolve();
  while (node && !isVariableDeclaration(node)) node = node.parent;
  return node ? node.name.getText() : "";
}

/** Maps TypeScript's interfaces to the interfaces under which MDN documents their members. */
const DOCUMENTED_AS: Readonly<Record<string, string>> = {
  AbortSignal: "AbortSignal EventTarget",
  BroadcastChannel: "BroadcastChannel EventTarget",
  Body: "Response",
  CallableFunction: "Function",
  Console: "console",
  Document: "Document EventTarget",
  DocumentOrShadowRoot: "Document",
  Element: "Element Node EventTarget",
  HTMLElement: "HTMLElement Element Node EventTarget",
  HTMLOrSVGElement: "HTMLElement",
  MediaQueryList: "MediaQueryList EventTarget",
  NavigatorID: "Navigator",
  NavigatorOnLine: "Navigator",
  ParentNode: "Element",
  WindowLocalStorage: "Window",
};

function isMissing(path: string, floor: Floor): boolean {
  const support = featureOf(path)?.["__compat"]?.support;
  if (!support) throw new Error(`Browser data lacks ${path}: add its interface to DOCUMENTED_AS.`);
  return Object.entries(floor).some(([browser, version]) => {
    const statements = [support[browser as keyof Floor] ?? []].flat();
    const since = statements.filter(({ flags, prefix }) => !flags && !prefix).map((one) => one.version_added);
    return !since.some((added) => added !== false && Number.parseFloat(added.replace("≤", "")) <= version);
  });
}

function featureOf(path: string): Feature | undefined {
  const [name = "", member] = path.split(".");
  const plain = name.replace(/Constructor$/, "").replace(/^Readonly(?=Array|Map|Set)/, "");
  const { api, javascript } = data;
  const { builtins } = javascript as unknown as { builtins: Feature };
  if (member === undefined) return api[plain] ?? builtins[plain] ?? globalOf(plain);
  for (const owner of (DOCUMENTED_AS[plain] ?? plain).split(" ")) {
    for (const found of [api[owner], builtins[owner], builtins["Intl"]?.[owner]]) {
      const feature = found?.[member] ?? found?.[`${member}_static`];
      if (feature) return feature;
    }
  }
  return undefined;
}

function globalOf(name: string): Feature | undefined {
  const { api } = data;
  return api["Window"]?.[name] ?? api["EventTarget"]?.[name];
}
