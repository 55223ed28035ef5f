// The page of the data explorer. Texts of items are only ever set as text, never as markup.
import { Account, Refusal, WELL_KNOWN_KEY } from "./requests.js";

const PAGE_SIZE = 50;
const ALL_ITEMS = "SELECT * FROM c";
const LABEL_LENGTH = 120;

const find = (id) => document.querySelector(`#${id}`);
let account;
/** The open container: its path, its partition key paths, and the tokens of the pages up to the current one. */
let open;
/** Counts the started requests of pages, so that a late response doesn't replace a newer one. */
let latest = 0;

function show(id, isShown = true) {
  find(id).hidden = !isShown;
}

function element(tag, text, ...children) {
  const made = document.createElement(tag);
  made.textContent = text;
  made.append(...children);
  return made;
}

function report(id, error) {
  const isRefusal = error instanceof Refusal;
  const charge = isRefusal && error.charge ? ` (${error.charge} RU)` : "";
  find(id).textContent = isRefusal
    ? `${error.status} ${error.code}${charge}: ${error.message}`
    : error.message || String(error);
  show(id);
}

// The account

async function connect(key) {
  show("failure", false);
  try {
    account = await Account.of(key);
    await listDatabases();
    show("access", false);
    await openNamed();
  } catch (error) {
    const isKnown = key === WELL_KNOWN_KEY && error instanceof Refusal && error.status === 401;
    if (!isKnown) report("failure", error);
    show("columns", false);
    show("access");
    find("key").focus();
  }
}

async function listDatabases() {
  const databases = await account.list([], "dbs", "Databases");
  const opened = new Set([...document.querySelectorAll("details[open]")].map((one) => one.dataset.name));
  find("databases").replaceChildren(...databases.map(({ id }) => database(id, opened.has(id))));
  show("empty", databases.length === 0);
  show("columns");
}

/** Return the node of a database. Its containers are listed each time it is opened. */
function database(id, isOpen) {
  const list = element("ul", "");
  const node = element("details", "", element("summary", id), list);
  node.dataset.name = id;
  node.addEventListener("toggle", () => node.open && guarded(() => listContainers(id, list)));
  node.open = isOpen || location.hash.startsWith(link(id, ""));
  return node;
}

async function listContainers(id, list) {
  const containers = await account.list(["dbs", id], "colls", "DocumentCollections");
  const buttons = containers.map((container) => {
    const button = element("button", container.id);
    button.type = "button";
    button.dataset.link = link(id, container.id);
    button.addEventListener("click", () => (location.hash = button.dataset.link));
    return element("li", "", button);
  });
  list.replaceChildren(...(buttons.length > 0 ? buttons : [element("li", "No containers.")]));
  mark();
}

async function guarded(action) {
  show("failure", false);
  try {
    await action();
  } catch (error) {
    report("failure", error);
  }
}

// The open container, which the page's address names

function link(databaseId, containerId) {
  return `#${encodeURIComponent(databaseId)}/${encodeURIComponent(containerId)}`;
}

/** Open the container that the address names, if it exists. */
async function openNamed() {
  if (!account || !location.hash.includes("/")) return;
  const named = location.hash;
  await guarded(async () => {
    const [databaseId, containerId] = named.slice(1).split("/").map(decodeURIComponent);
    const containers = await account.list(["dbs", databaseId], "colls", "DocumentCollections");
    if (location.hash !== named) return; // the address names another container by now
    const found = containers.find((one) => one.id === containerId);
    if (!found) throw new Error(`There is no container "${containerId}" in the database "${databaseId}".`);
    openContainer(databaseId, found);
  });
}

function openContainer(databaseId, { id, partitionKey }) {
  const paths = partitionKey?.paths ?? [];
  open = { path: ["dbs", databaseId, "colls", id], keys: paths, text: ALL_ITEMS, tokens: [""] };
  find("name").textContent = `${databaseId} / ${id}`;
  find("facts").textContent = `Partition key: ${paths.join(", ")}`;
  find("text").value = ALL_ITEMS;
  show("hint", false);
  show("container");
  mark();
  find("name").focus();
  void load();
}

/** Mark the button of the open container. */
function mark() {
  for (const button of document.querySelectorAll("[data-link]")) {
    button.setAttribute("aria-current", String(button.dataset.link === location.hash));
  }
}

// Pages of results

async function load() {
  const request = ++latest;
  show("error", false);
  find("status").textContent = "Loading…";
  find("previous").disabled = find("next").disabled = true;
  let page = { content: { Documents: [] }, charge: 0, token: "" };
  let status = "";
  try {
    page = await account.query(open.path, open.text, PAGE_SIZE, open.tokens.at(-1));
    const count = page.content.Documents.length;
    status = `Page ${open.tokens.length}, ${count} ${count === 1 ? "result" : "results"}, ${page.charge} RU`;
  } catch (error) {
    if (request === latest) report("error", error);
  }
  if (request !== latest) return;
  find("status").textContent = status;
  open.next = page.token;
  find("previous").disabled = open.tokens.length < 2;
  find("next").disabled = !page.token;
  show("item", false);
  find("list").replaceChildren(...page.content.Documents.map(entry));
}

/** Return the entry of a result in the list. */
function entry(result) {
  const isItem = typeof result?.id === "string";
  const text = isItem ? result.id : JSON.stringify(result).slice(0, LABEL_LENGTH);
  const button = element("button", text);
  if (isItem) button.append(element("small", keyOf(result)));
  button.type = "button";
  button.addEventListener("click", () => {
    for (const one of find("list").querySelectorAll("button")) one.setAttribute("aria-current", "false");
    button.setAttribute("aria-current", "true");
    find("item-name").textContent = text;
    find("json").textContent = JSON.stringify(result, undefined, 2);
    show("item");
    find("item-name").focus();
  });
  return element("li", "", button);
}

function keyOf(item) {
  const values = open.keys.map((path) =>
    path
      .slice(1)
      .split("/")
      .reduce((value, name) => value?.[name], item),
  );
  return values.map((value) => JSON.stringify(value) ?? "undefined").join(", ");
}

// Events

find("access").addEventListener("submit", (event) => {
  event.preventDefault();
  void connect(find("key").value.trim());
});
find("refresh").addEventListener("click", () => account && guarded(listDatabases));
find("query").addEventListener("submit", (event) => {
  event.preventDefault();
  Object.assign(open, { text: find("text").value, tokens: [""] });
  void load();
});
find("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) find("query").requestSubmit();
});
find("next").addEventListener("click", () => {
  open.tokens.push(open.next);
  void load();
});
find("previous").addEventListener("click", () => {
  open.tokens.pop();
  void load();
});
globalThis.addEventListener("hashchange", () => void openNamed());

find("endpoint").textContent = location.origin;
void connect(WELL_KNOWN_KEY);
