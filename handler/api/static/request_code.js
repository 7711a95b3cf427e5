// Shows the request as code that can be pasted and run.

const byId = (id) => document.getElementById(id);
const LANGUAGES = { curl, python, javascript };
const STRINGS = /("(?:[^"\\]|\\.)*"|'[^']*')/;

/** Shows the request in the selected language. */
export function showCode(filename, settings, { isTooLarge }) {
  const language = document.querySelector("[name=language]:checked").value;
  const url = new URL("api/v1/tools/smart-crop", location).href;
  const code = LANGUAGES[language](url, filename, settings);
  byId("snippet").replaceChildren(
    ...code.split(STRINGS).map((part, index) => (index % 2 ? literal(part) : part)),
  );
  const hint = "This photo is too large for one request: use POST /api/v1/uploads, see the API.";
  byId("copied").textContent = isTooLarge ? hint : "";
}

/** Calls `changed` when another language is selected; copies when the button is pressed. */
export function watchCode(changed) {
  byId("languages").addEventListener("change", changed);
  byId("copy").addEventListener("click", copy);
}

async function copy() {
  try {
    await navigator.clipboard.writeText(byId("snippet").textContent);
    byId("copied").textContent = "Copied.";
  } catch {
    // The clipboard needs HTTPS and the user's permission.
    getSelection().selectAllChildren(byId("snippet"));
    byId("copied").textContent = "The code is selected. Copy it with Ctrl-C or ⌘C.";
  }
}

function literal(text) {
  const span = document.createElement("span");
  span.className = "literal";
  span.textContent = text;
  return span;
}

const inShell = (text) => `'${text.replaceAll("'", String.raw`'\''`)}'`;
// curl gives ; and , in a bare name a meaning. Inside quotes only " and \ need an escape.
const inForm = (name) => `"${name.replace(/["\\]/g, "\\$&")}"`;

function curl(url, filename, settings) {
  return [
    `curl ${inShell(url)} \\`,
    `  --form ${inShell(`file=@${inForm(filename)}`)} \\`,
    `  --form-string ${inShell(`settings=${JSON.stringify(settings)}`)}`,
  ].join("\n");
}

function python(url, filename, settings) {
  const literals = { true: "True", false: "False" };
  const entries = Object.entries(settings).map(
    ([name, value]) => `    "${name}": ${literals[value] ?? JSON.stringify(value)},`,
  );
  return `import json
from urllib.parse import urljoin

import requests

url = ${JSON.stringify(url)}
settings = {
${entries.join("\n")}
}
with open(${JSON.stringify(filename)}, "rb") as file:
    response = requests.post(
        url, files={"file": file}, data={"settings": json.dumps(settings)}, timeout=60
    )
response.raise_for_status()
print(urljoin(url, response.json()["downloadUrl"]))`;
}

function javascript(url, filename, settings) {
  return `import { readFile } from "node:fs/promises";

const form = new FormData();
const file = await readFile(${JSON.stringify(filename)});
form.append("file", new Blob([file]), ${JSON.stringify(filename)});
form.append("settings", JSON.stringify(${JSON.stringify(settings, null, 2)}));
const response = await fetch(${JSON.stringify(url)}, { method: "POST", body: form });
if (!response.ok) throw new Error(await response.text());
const { downloadUrl } = await response.json();
console.log(new URL(downloadUrl, response.url).href);`;
}
