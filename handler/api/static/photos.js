// Photos that are selected, dropped or pasted, and the list of them.

const SVG = "http://www.w3.org/2000/svg";

/** Calls `chosen` with the files that are selected, dropped or pasted. */
export function watchFiles(input, chosen) {
  const accept = (files) => files.length > 0 && chosen([...files]);
  input.addEventListener("change", () => {
    accept(input.files);
    // Otherwise selecting the same photo again would not be a change.
    input.value = "";
  });
  document.addEventListener("paste", (event) => accept(event.clipboardData.files));

  // The drag enters a child before it leaves the parent: the page is left at depth 0.
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
    accept(event.dataTransfer.files);
  });
}

/** Creates a list row with the photo and its outcome; a click on the photo calls `chosen`. */
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
