// Writes the request as code that saves the picture, in one language each.

const inShell = (text) => `'${text.replaceAll("'", String.raw`'\''`)}'`;
// curl gives ; and , in a bare name a meaning. Inside quotes only " and \ need an escape.
const inForm = (name) => `"${name.replace(/["\\]/g, "\\$&")}"`;

export function curl({ url, filename, settings, route, field, accept, result }) {
  return [
    `curl ${inShell(url + route)} --fail-with-body --location \\`,
    `  --header ${inShell(`Accept: ${accept}`)} --output ${inShell(result)} \\`,
    `  --form ${inShell(`${field}=@${inForm(filename)}`)} \\`,
    `  --form-string ${inShell(`settings=${JSON.stringify(settings)}`)}`,
  ].join("\n");
}

export function cli({ filename, settings }) {
  const flags = Object.entries(settings).map(([name, value]) => flagOf(name, value));
  // A name that starts with a dash would be an option.
  const path = filename.startsWith("-") ? `./${filename}` : filename;
  return [`smart-crop crop ${inShell(path)}`, ...flags].join(" \\\n  ");
}

function flagOf(name, value) {
  const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  if (typeof value === "boolean") return value ? `--${flag}` : `--no-${flag}`;
  const text = listed(value);
  return `--${flag} ${/^[\w.,:-]+$/.test(text) ? text : inShell(text)}`;
}

// Points and boxes are numbers, separated by commas, and boxes are separated by semicolons.
function listed(value) {
  if (!Array.isArray(value)) return typeof value === "object" ? Object.values(value).join(",") : String(value);
  return typeof value[0] === "object" ? value.map(listed).join(";") : value.join(",");
}

export function python({ url, filename, settings, route, field, accept, result }) {
  const literals = { true: "True", false: "False" };
  const entries = Object.entries(settings).map(
    ([name, value]) => `    "${name}": ${literals[value] ?? JSON.stringify(value)},`,
  );
  return `import json
from pathlib import Path

import requests

settings = {
${entries.join("\n")}
}
with open(${JSON.stringify(filename)}, "rb") as file:
    response = requests.post(
        ${JSON.stringify(url + route)},
        headers={"Accept": ${JSON.stringify(accept)}},
        files={${JSON.stringify(field)}: file},
        data={"settings": json.dumps(settings)},
        timeout=60,
    )
response.raise_for_status()
Path(${JSON.stringify(result)}).write_bytes(response.content)`;
}

const sent = ({ url, route, accept, settings }) => `form.append("settings", JSON.stringify(${JSON.stringify(settings, null, 2)}));
const response = await fetch(${JSON.stringify(url + route)}, {
  method: "POST",
  headers: { Accept: ${JSON.stringify(accept)} },
  body: form,
});
if (!response.ok) throw new Error(await response.text());`;

export function browser(request) {
  return `const [file] = document.querySelector("input[type=file]").files;
const form = new FormData();
form.append(${JSON.stringify(request.field)}, file);
${sent(request)}
const link = document.createElement("a");
link.href = URL.createObjectURL(await response.blob());
link.download = ${JSON.stringify(request.result)};
link.click();`;
}

export function node(request) {
  const name = JSON.stringify(request.filename);
  return `import { readFile, writeFile } from "node:fs/promises";

const form = new FormData();
form.append(${JSON.stringify(request.field)}, new Blob([await readFile(${name})]), ${name});
${sent(request)}
await writeFile(${JSON.stringify(request.result)}, Buffer.from(await response.arrayBuffer()));`;
}
