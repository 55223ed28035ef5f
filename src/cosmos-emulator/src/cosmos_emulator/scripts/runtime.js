// The API of server-side scripts: https://learn.microsoft.com/javascript/api/azure-cosmosdb-js-server
// A script only describes operations on items. The emulator executes them and delivers the results.
(() => {
  "use strict";
  const { parse, stringify } = JSON;
  const now = Date.now;
  const evaluate = globalThis.eval;
  const callbacks = new Map();
  let operations = [];
  let failure;
  let definition;
  let sequence = 0;
  let end = 0;
  const links = { self: "", alt: "" };
  const logs = [];

  function fail(error, isCompiled = true) {
    const isError = error instanceof Error;
    const message = isError ? `${error}\r\nStack trace: ${error.stack}` : printed(error);
    failure ??= { message, isCompiled };
  }

  function guarded(action) {
    try {
      const result = action();
      if (result instanceof Promise) result.catch((error) => fail(error));
    } catch (error) {
      fail(error);
    }
  }

  function printed(value) {
    if (typeof value === "string") return value;
    try {
      return stringify(value) ?? String(value);
    } catch {
      return String(value);
    }
  }

  // A script is one function or, if a compiler has added helpers, a program that declares functions.
  function compiled(source) {
    const text = source.trim().replace(/;+$/, "");
    try {
      return evaluate(`(${text}\n)`);
    } catch (error) {
      const name = /\bfunction\s*\*?\s*([\w$]+)/.exec(text)?.[1];
      if (!(error instanceof SyntaxError) || !name) throw error;
      evaluate(source);
      return globalThis[name];
    }
  }

  function compile(source) {
    try {
      const main = compiled(source);
      if (typeof main === "function") return main;
      throw new SyntaxError("The body of the script is not a function.");
    } catch (error) {
      fail(error, false);
      return undefined;
    }
  }

  class Message {
    body;
    isChanged = false;
    operation = "";
    values = {};
  }

  const request = new Message();
  const response = new Message();

  function api(message) {
    return {
      getBody: () => message.body,
      setBody: (value) => {
        message.body = value;
        message.isChanged = true;
      },
      appendBody: (value) => {
        const before = message.body === undefined ? "" : printed(message.body);
        message.body = before + printed(value);
        message.isChanged = true;
      },
      getValue: (name) => message.values[name],
      setValue: (name, value) => {
        message.values[name] = value;
      },
      getOperationType: () => message.operation,
    };
  }

  // Return whether the operation is accepted, which it isn't shortly before the script must end.
  function submit(operation, options, callback) {
    if (typeof options === "function") [options, callback] = [undefined, options];
    if (now() > end) return false;
    sequence += 1;
    callbacks.set(sequence, callback);
    operations.push({ ...operation, options: options ?? {}, number: sequence });
    return true;
  }

  function unsupported(name) {
    return () => {
      throw new Error(`${name} is not supported by the emulator.`);
    };
  }

  const collection = {
    getSelfLink: () => links.self,
    getAltLink: () => links.alt,
    createDocument: (link, body, options, callback) =>
      submit({ kind: "Create", link, body }, options, callback),
    upsertDocument: (link, body, options, callback) =>
      submit({ kind: "Upsert", link, body }, options, callback),
    readDocument: (link, options, callback) => submit({ kind: "Read", link }, options, callback),
    replaceDocument: (link, body, options, callback) =>
      submit({ kind: "Replace", link, body }, options, callback),
    deleteDocument: (link, options, callback) =>
      submit({ kind: "Delete", link }, options, callback),
    readDocuments: (link, options, callback) =>
      submit({ kind: "Query", link, query: "SELECT * FROM c" }, options, callback),
    queryDocuments: (link, query, options, callback) => {
      if (typeof query === "function") unsupported("A query by a function")();
      return submit({ kind: "Query", link, query }, options, callback);
    },
  };
  const FLUENT = ["chain", "filter", "flatten", "map", "pluck", "sortBy", "sortByDescending"];
  const ATTACHMENTS = ["create", "delete", "query", "read", "replace", "upsert"];
  for (const name of [...FLUENT, "unwind"]) collection[name] = unsupported(name);
  for (const verb of ATTACHMENTS) {
    const name = `${verb}Attachment${verb === "query" ? "s" : ""}`;
    collection[name] = unsupported(name);
  }

  const context = {
    getCollection: () => collection,
    getRequest: () => collection.request,
    getResponse: () => collection.response,
  };

  function start({ source, parameters, milliseconds, selfLink, altLink, operation, sent, answer }) {
    const main = compile(source);
    end = now() + milliseconds;
    Object.assign(links, { self: selfLink, alt: altLink });
    Object.assign(request, { operation, body: sent });
    Object.assign(response, { operation, body: answer });
    collection.request = api(request);
    collection.response = api(response);
    globalThis.getContext = () => context;
    globalThis.__ = collection;
    globalThis.console = { log: (...values) => logs.push(values.map(printed).join(" ")) };
    for (const level of ["debug", "error", "info", "warn"]) console[level] = console.log;
    if (main) guarded(() => main(...parameters));
  }

  function deliver(results) {
    for (const { number, error, resource, options } of results) {
      const callback = callbacks.get(number);
      callbacks.delete(number);
      const problem = error && Object.assign(new Error(error.message), error);
      if (typeof callback === "function") {
        guarded(() => callback(problem, resource, options));
      } else if (problem) {
        fail(problem);
      }
      if (failure) return;
    }
  }

  // Return what the script has done since the last call, after its promises have been settled.
  function take() {
    const taken = operations;
    operations = [];
    return stringify({ failure, operations: taken, logs, request, response });
  }

  function define(source) {
    definition = compile(source);
    return stringify({ failure });
  }

  function apply(parameters) {
    guarded(() => {
      // An empty list stands for a parameter that is undefined.
      response.body = definition(...parameters.map(([value]) => value));
    });
    const result = stringify({ failure, value: response.body });
    failure = undefined;
    return result;
  }

  const host = { start, deliver, take, define, apply };
  Object.defineProperty(globalThis, "__cosmos", { value: Object.freeze(host) });
})();
