// The outputs of each photo: shapes and presets that are ticked, and sizes of the user.

import { fillPresets, fillShapes, outputNamed, outputOfSize } from "./sizes.js";

// The service accepts no more sizes in one request.
const MOST = 32;
const FIRST = "1:1";

const byId = (id) => document.getElementById(id);

let outputs = [outputNamed(FIRST)];
let active = outputs[0];

/** Returns the outputs without duplicates. */
export function outputsOf() {
  return outputs.filter(({ name }, index) => outputs.findIndex((each) => each.name === name) === index);
}

/** Returns the output that the page shows, and whose size the form changes. */
export const activeOutput = () => active;

/** Shows an output; the form then has its size. */
export function activate(output) {
  active = outputs.find(({ name }) => name === output.name) ?? active;
  showOutputs();
}

/** Replaces the outputs by those with these names; unknown names are ignored. */
export function setOutputs(names) {
  const known = names.map(outputNamed).filter(Boolean).slice(0, MOST);
  outputs = known.length > 0 ? known : [outputNamed(FIRST)];
  active = outputs[0];
  showOutputs();
}

/** Removes an output, but not the last one. */
export function removeOutput(output) {
  if (outputs.length === 1) return;
  outputs = outputs.filter(({ name }) => name !== output.name);
  if (!outputs.includes(active)) active = outputs[0];
  showOutputs();
}

/** Gives the active output another size. */
export function resize(width, height) {
  replaceActive(outputOfSize(width, height));
  showOutputs();
}

/** Calls `changed` when the outputs change with a control that is not part of the settings. */
export function watchOutputs(form, changed) {
  fillPresets(byId("size"));
  fillShapes(byId("aspects"));
  byId("aspects").addEventListener("input", ({ target }) => {
    if (target.checked) add(outputNamed(target.value));
    else removeOutput(outputNamed(target.value));
    showOutputs();
  });
  byId("size").addEventListener("input", ({ target }) => {
    if (target.value) add(outputNamed(target.value));
    target.value = "";
    showOutputs();
  });
  byId("swap").addEventListener("click", () => {
    resize(active.height, active.width);
    changed();
  });
  byId("another").addEventListener("click", () => {
    add(outputOfSize(...unusedSize()));
    showOutputs();
    form.elements.width.select();
    changed();
  });
  for (const side of [form.elements.width, form.elements.height]) {
    side.addEventListener("input", () => readSides(form));
  }
  showOutputs();
}

function add(output) {
  if (outputs.length < MOST && !outputs.some(({ name }) => name === output.name)) outputs.push(output);
  active = outputs.find(({ name }) => name === output.name) ?? active;
}

function replaceActive(output) {
  outputs = outputs.map((each) => (each === active ? output : each));
  active = output;
}

// An invalid side is reported with the form, and changes no output.
function readSides(form) {
  const { width, height } = form.elements;
  if (!width.checkValidity() || !height.checkValidity()) return;
  replaceActive(outputOfSize(width.valueAsNumber, height.valueAsNumber));
  showTicks();
}

function unusedSize() {
  let [width, height] = [800, 600];
  while (outputs.some((each) => each.width === width && each.height === height)) width += 100;
  return [width, height];
}

function showOutputs() {
  const { elements } = byId("form");
  elements.width.value = active.width;
  elements.height.value = active.height;
  showTicks();
}

function showTicks() {
  for (const box of byId("aspects").querySelectorAll("input")) {
    box.checked = outputs.some(({ name }) => name === box.value);
    box.closest("label").classList.toggle("active", active.name === box.value);
  }
}
