// Renders openapi.json as an API reference.

import { describeType, nameOf, resolve } from "./schema.js";
import { curlOf, tryIt } from "./try_it.js";

const byId = (id) => document.getElementById(id);
const METHODS = ["get", "put", "post", "delete", "patch"];

/** Creates an element with attributes and children; a text child is never parsed as markup. */
function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.flat(2).filter((child) => child !== null && child !== undefined));
  return element;
}

// The only markup in descriptions is `code` and lists with dashes.
function prose(text = "") {
  return text.split(/\n\n+/).map((paragraph) => {
    const items = paragraph.split(/^- /m).slice(1);
    if (items.length > 0) return el("ul", {}, items.map((item) => el("li", {}, inline(item))));
    return el("p", {}, inline(paragraph));
  });
}

const inline = (text) =>
  text.split("`").map((part, index) => (index % 2 ? el("code", {}, part) : part));

const json = (value) => el("pre", { tabindex: 0 }, el("code", {}, JSON.stringify(value, null, 2)));

function table(head, rows) {
  if (rows.length === 0) return null;
  const header = el("tr", {}, head.map((name) => el("th", { scope: "col" }, name)));
  const body = rows.map((cells) => el("tr", {}, cells.map((cell) => el("td", {}, cell))));
  return el("div", { class: "scroll" }, el("table", {}, el("thead", {}, header), el("tbody", {}, body)));
}

const schemaLink = (name) => el("a", { href: `#schema-${name}` }, name);

/** Returns the type of a schema, with links to the schemas that it names. */
function typeOf(schema) {
  const parts = describeType(schema);
  return parts.map((part) => (part.name ? schemaLink(part.name) : part.text));
}

function defaultOf(schema) {
  if (schema.default === undefined || schema.default === null) return null;
  return el("span", { class: "default" }, " Default ", el("code", {}, JSON.stringify(schema.default)), ".");
}

function fields(schema) {
  const required = new Set(schema.required);
  const rows = Object.entries(schema.properties ?? {}).map(([name, each]) => [
    [el("code", {}, name), required.has(name) ? el("span", { class: "required" }, " required") : null],
    typeOf(each),
    [inline(each.description ?? ""), defaultOf(each)].flat(),
  ]);
  return table(["Field", "Type", "Meaning"], rows);
}

function parameters(operation) {
  const rows = (operation.parameters ?? []).map((each) => [
    [el("code", {}, each.name), each.required ? el("span", { class: "required" }, " required") : null],
    [`${each.in}: `, typeOf(each.schema)].flat(),
    [inline(each.description ?? ""), defaultOf(each.schema)].flat(),
  ]);
  return rows.length === 0 ? [] : [el("h4", {}, "Parameters"), table(["Name", "Type", "Meaning"], rows)];
}

function request(spec, operation) {
  return Object.entries(operation.requestBody?.content ?? {}).flatMap(([type, { schema }]) => [
    el("h4", {}, "Body: ", el("code", {}, type)),
    fields(resolve(spec, schema)),
  ]);
}

function responses(operation) {
  const rows = Object.entries(operation.responses).map(([status, response]) => [
    el("code", { class: status < "400" ? "good" : "bad" }, status),
    [inline(response.description), examples(response)].flat(),
    bodies(response),
  ]);
  return [el("h4", {}, "Responses"), table(["Status", "Meaning", "Body"], rows)];
}

function bodies(response) {
  return Object.entries(response.content ?? {}).flatMap(([type, { schema }], index) => [
    index > 0 ? el("br") : "",
    ...(nameOf(schema) || schema.oneOf ? typeOf(schema) : [el("code", {}, type)]),
  ]);
}

function examples(response) {
  const listed = Object.values(response.content ?? {}).flatMap((each) =>
    Object.entries(each.examples ?? {}),
  );
  if (listed.length === 0) return null;
  const names = listed.map(([code]) => code).join(", ");
  const shown = listed.map(([, { value }]) => json(value));
  return el("details", {}, el("summary", {}, names), shown);
}

function operationSection(spec, method, path, operation) {
  return el(
    "section",
    { id: operation.operationId, "aria-label": operation.summary },
    el("h3", {}, operation.summary),
    el("p", { class: "route" }, el("strong", {}, method.toUpperCase()), " ", el("code", {}, path)),
    ...prose(operation.description),
    el("h4", {}, "Example"),
    el("pre", { tabindex: 0 }, el("code", {}, curlOf(spec, method, path, operation))),
    tryIt(spec, method, path, operation, el),
    ...parameters(operation),
    ...request(spec, operation),
    ...responses(operation),
  );
}

const values = (names) =>
  names.flatMap((name, index) => [index > 0 ? ", " : "", el("code", {}, JSON.stringify(name))]);

function schemaSection(name, schema) {
  const shown = (schema.examples ?? []).map(json);
  const label = shown.length === 1 ? "Example" : "Examples";
  return el(
    "section",
    { id: `schema-${name}`, "aria-label": name },
    el("h3", {}, name),
    ...prose(schema.description),
    schema.enum ? el("p", {}, values(schema.enum)) : fields(schema),
    shown.length > 0 ? el("details", {}, el("summary", {}, label), shown) : null,
  );
}

function show(spec) {
  const operations = Object.entries(spec.paths).flatMap(([path, methods]) =>
    METHODS.filter((method) => methods[method]).map((method) => [method, path, methods[method]]),
  );
  const contents = [];
  const reference = [...prose(spec.info.description)];
  const add = (title, description, sections) => {
    reference.push(el("h2", {}, title), ...prose(description), ...sections);
    const links = sections.map((section) =>
      el("li", {}, el("a", { href: `#${section.id}` }, section.getAttribute("aria-label"))),
    );
    contents.push(el("h2", {}, title), el("ul", {}, links));
  };
  for (const { name, description } of spec.tags) {
    const tagged = operations.filter(([, , operation]) => operation.tags.includes(name));
    add(name, description, tagged.map((each) => operationSection(spec, ...each)));
  }
  const schemas = Object.entries(spec.components.schemas).sort(([a], [b]) => a.localeCompare(b));
  add("Schemas", "", schemas.map(([name, schema]) => schemaSection(name, schema)));
  byId("version").textContent = spec.info.version;
  byId("contents").replaceChildren(...contents);
  byId("reference").replaceChildren(...reference);
  byId("reference").removeAttribute("aria-busy");
  // The target of the link did not exist when the browser looked for it.
  if (location.hash) document.querySelector(location.hash)?.scrollIntoView();
}

try {
  const response = await fetch("../openapi.json");
  if (!response.ok) throw new Error(`The service answered with status ${response.status}.`);
  show(await response.json());
} catch (error) {
  byId("problem").textContent = `openapi.json could not be read. ${error.message}`;
}
