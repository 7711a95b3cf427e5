// Photos that are picked, dropped or pasted.

const SVG = "http://www.w3.org/2000/svg";

/** Calls `chosen` with the files, whichever way they come. */
export function watchFiles(input, chosen) {
  const take = (files) => files.length > 0 && chosen([...files]);
  input.addEventListener("change", () => {
    take(input.files);
    // The same photo may be chosen again.
    input.value = "";
  });
  document.addEventListener("paste", (event) => take(event.clipboardData.files));

  // Entering a child comes before leaving its parent: counted, the page knows when all is left.
  let depth = 0;
  const mark = (change) => {
    depth = Math.max(0, depth + change);
    document.body.classList.toggle("dropping", depth > 0);
  };
  document.addEventListener("dragenter", () => mark(1));
  document.addEventListener("dragleave", () => mark(-1));
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    mark(-depth);
    take(event.dataTransfer.files);
  });
}

/** A row of the list: shows a photo when it is clicked, and what became of it. */
export function createRow(photo, chosen) {
  const row = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  const name = document.createElement("span");
  name.textContent = photo.file.name;
  button.append(thumbnail(photo), name);
  button.addEventListener("click", chosen);
  const outcome = document.createElement("span");
  outcome.className = "outcome";
  row.append(button, outcome);
  return { row, button, outcome };
}

export function showOutcome({ row, outcome }, { result, error, busy }) {
  row.dataset.state = busy ? "busy" : error ? "failed" : result ? "done" : "new";
  outcome.textContent = busy ? "…" : (error ?? "");
  if (result && !busy && !error) outcome.replaceChildren(downloadLink(result));
}

function downloadLink(result) {
  const link = document.createElement("a");
  link.href = result.downloadUrl;
  link.download = result.filename;
  link.textContent = "Download";
  link.setAttribute("aria-label", `Download ${result.filename}`);
  return link;
}

function thumbnail(photo) {
  const image = document.createElement("img");
  image.alt = "";
  image.src = photo.url;
  image.addEventListener("error", () => image.replaceWith(placeholder()));
  return image;
}

function placeholder() {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS(SVG, "use"));
  svg.firstChild.setAttribute("href", "#icon-photos");
  return svg;
}
