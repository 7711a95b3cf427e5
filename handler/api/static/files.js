// Files that are selected, dropped or pasted.

/** Calls `chosen` with every group of files. */
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
