// Request examples of the API reference, and forms that send a request.

import { describeType, nameOf, resolve } from "./schema.js";

const FORM = "multipart/form-data";
const JSON_TYPE = "application/json";
const STREAM = "text/event-stream";
const SAMPLE_PHOTO = "portrait.jpg";
const inShell = (text) => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** Returns a curl command that calls an operation. */
export function curlOf(spec, method, path, operation) {
  const url = new URL(`..${path}`, location.href).href.replaceAll("%7B", "{").replaceAll("%7D", "}");
  const parts = [method === "get" ? `curl ${inShell(url)}` : `curl -X ${method.toUpperCase()} ${inShell(url)}`];
  const body = bodyOf(operation);
  if (body?.type === FORM) {
    for (const field of fieldsOf(spec, body.schema).filter(({ name }) => name !== "clientJobId")) {
      const value = field.isFile ? `@${SAMPLE_PHOTO}` : JSON.stringify(field.example);
      parts.push(`-F ${inShell(`${field.name}=${value}`)}`);
    }
  } else if (body) {
    parts.push(`-H ${inShell(`Content-Type: ${JSON_TYPE}`)}`, `-d ${inShell(JSON.stringify(exampleOf(spec, body.schema)))}`);
  }
  return parts.join(" \\\n  ");
}

/** Returns a form that calls an operation and shows the response; null for streams. */
export function tryIt(spec, method, path, operation, el) {
  if (Object.values(operation.responses).some(({ content }) => content?.[STREAM])) return null;
  const output = el("div", { class: "answer", role: "status" });
  const body = bodyOf(operation);
  const inputs = [...parametersOf(operation), ...(body ? bodyInputs(spec, body) : [])];
  const form = el(
    "form",
    { autocomplete: "off" },
    inputs.map((input) => labelled(input, `${operation.operationId}-${input.name}`, el)),
    el("p", {}, el("button", { type: "submit" }, "Send")),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      await send({ method, path, body }, inputs, form, output, el);
    } catch (error) {
      output.replaceChildren(el("p", { class: "bad" }, `The request could not be sent. ${error.message}`));
    } finally {
      button.disabled = false;
    }
  });
  return el("details", { class: "try" }, el("summary", {}, "Try it"), form, output);
}

function bodyOf(operation) {
  const content = operation.requestBody?.content ?? {};
  const type = content[FORM] ? FORM : Object.keys(content)[0];
  return type && { type, schema: content[type].schema };
}

function fieldsOf(spec, schema) {
  return Object.entries(resolve(spec, schema).properties ?? {}).map(([name, each]) => {
    const isFile = each.format === "binary" || each.items?.format === "binary";
    return { name, isFile, several: each.type === "array", example: exampleOf(spec, each), isJson: Boolean(nameOf(each)) };
  });
}

function exampleOf(spec, schema) {
  return (schema.examples ?? resolve(spec, schema).examples ?? [""])[0];
}

function parametersOf(operation) {
  return (operation.parameters ?? []).map(({ name, in: place, required, schema }) => ({
    ...{ name, place, required },
    hint: describeType(schema).map((part) => part.text ?? part.name).join(""),
  }));
}

function bodyInputs(spec, body) {
  if (body.type === FORM) return fieldsOf(spec, body.schema).map((field) => ({ ...field, place: "form" }));
  return [{ name: "body", place: "body", isJson: true, example: exampleOf(spec, body.schema), required: true }];
}

function labelled(input, id, el) {
  const shared = { id, name: `${input.place}:${input.name}`, ...(input.required ? { required: "" } : {}) };
  const control = input.isFile
    ? el("input", { ...shared, type: "file", accept: "image/*", required: "", ...(input.several ? { multiple: "" } : {}) })
    : input.isJson
      ? el("textarea", { ...shared, rows: "4", spellcheck: "false" }, JSON.stringify(input.example, null, 2))
      : el("input", { ...shared, type: "text", ...(input.hint ? { placeholder: input.hint } : {}) });
  return el("p", {}, el("label", { for: id }, el("code", {}, input.name)), control);
}

async function send({ method, path, body }, inputs, form, output, el) {
  const url = new URL(`..${path}`, location.href);
  const headers = {};
  const data = new FormData();
  let json = null;
  let filled = url.pathname;
  for (const { place, name, isFile } of inputs) {
    const control = form.elements[`${place}:${name}`];
    const value = control.value.trim();
    if (isFile) for (const file of control.files) data.append(name, file);
    else if (value === "") continue;
    else if (place === "path") filled = filled.replace(encodeURIComponent(`{${name}}`), encodeURIComponent(value));
    else if (place === "query") url.searchParams.set(name, value);
    else if (place === "header") headers[name] = value;
    else if (place === "body") json = value;
    else data.append(name, value);
  }
  url.pathname = filled;
  if (json !== null) headers["Content-Type"] = JSON_TYPE;
  const sent = body ? (json ?? data) : undefined;
  const start = performance.now();
  const response = await fetch(url, { method: method.toUpperCase(), headers, body: sent });
  const blob = await response.blob();
  const time = Math.round(performance.now() - start);
  const status = el("p", { class: response.ok ? "good" : "bad" }, `${response.status} ${response.statusText}, ${time} ms, ${blob.size.toLocaleString("en")} bytes`);
  output.replaceChildren(status, await shownBody(response, blob, el));
}

async function shownBody(response, blob, el) {
  const type = response.headers.get("Content-Type") ?? "";
  if (type.startsWith(JSON_TYPE)) {
    const text = JSON.stringify(JSON.parse(await blob.text()), null, 2);
    return el("pre", { tabindex: 0 }, el("code", {}, text));
  }
  const url = URL.createObjectURL(blob);
  if (type.startsWith("image/")) return el("img", { src: url, alt: "The result" });
  return el("p", {}, el("a", { href: url, download: "" }, `Save the response (${type})`));
}
