// Shows the request as code that can be pasted and run.

import { browser, cli, curl, node, python } from "./languages.js";

const byId = (id) => document.getElementById(id);
const LANGUAGES = { curl, cli, python, browser, node };
const ORIGIN = "A page of another origin needs a server that accepts it: smart-crop serve --cors-origin.";
const EXTENSIONS = { jpeg: "jpg" };
// Extensions of photos and of their results in the same format. All others become PNG.
const KEPT = {
  ...{ jpg: "jpg", jpeg: "jpg", png: "png", webp: "webp", avif: "avif", gif: "gif", tif: "tiff" },
  ...{ tiff: "tiff", heic: "jpg", heif: "jpg" },
};
const STRINGS = /("(?:[^"\\]|\\.)*"|'[^']*')/;

/** Shows the request in the selected language. */
export function showCode(filename, settings, { isTooLarge }) {
  const language = document.querySelector("[name=language]:checked").value;
  const url = new URL("api/v1/tools/smart-crop", location).href;
  const code = LANGUAGES[language]({ url, filename, settings, ...answerOf(filename, settings) });
  byId("snippet").replaceChildren(
    ...code.split(STRINGS).map((part, index) => (index % 2 ? literal(part) : part)),
  );
  const hint = "This photo is too large for one request: use POST /api/v1/uploads, see the API.";
  byId("copied").textContent = isTooLarge ? hint : language === "browser" ? ORIGIN : "";
}

// Returns the name of the file to save, and what differs for several sizes: their ZIP.
function answerOf(filename, { format, sizes }) {
  if (sizes) return { route: "/batch", field: "files", accept: "application/zip", result: "smartcrop.zip" };
  const [, stem, extension] = /^(.*?)(?:\.([^.]*))?$/s.exec(filename);
  const kept = KEPT[extension?.toLowerCase()] ?? "png";
  const ending = format ? (EXTENSIONS[format] ?? format) : kept;
  return { route: "", field: "file", accept: "image/*", result: `${stem}_smartcrop.${ending}` };
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
