// Converts between the form and the crop settings. The ranges are in index.html.

import { constraintsOf, watchConstraints } from "./constraints.js";
import { fillPresets, fillShapes, shapeOf } from "./sizes.js";

// Sent even with their default values, so that the request in code shows them.
const ALWAYS_SENT = new Set(["mode", "width", "height"]);
const LOSSLESS = new Set(["png", "tiff", "gif"]);

/** Returns the settings that differ from the service's defaults, and those always sent. */
export function settingsOf(form) {
  const settings = {};
  for (const control of form.elements) {
    if (!control.name || control.matches("fieldset, :disabled, [data-unsent] *")) continue;
    if (control.type === "radio" && !control.checked) continue;
    const value = valueOf(form, control);
    if (value === null || (value === defaultOf(form, control) && !ALWAYS_SENT.has(control.name))) {
      continue;
    }
    settings[control.name] = value;
  }
  const { disabled } = form.querySelector("#constraints");
  return disabled ? settings : { ...settings, ...constraintsOf() };
}

/** Calls `changed` after every change of the form, to valid or invalid settings. */
export function watchForm(form, changed) {
  const presets = form.querySelector("#size");
  const shapes = form.querySelector("#aspects");
  fillPresets(presets);
  fillShapes(shapes);
  const update = () => {
    showGroups(form);
    showValues(form);
    matchSize(form);
    changed();
  };
  for (const sizes of [presets, shapes]) {
    sizes.addEventListener("input", (event) => setSize(form, ...event.target.value.split("x")));
  }
  form.querySelector("#swap").addEventListener("click", () => {
    setSize(form, form.elements.height.value, form.elements.width.value);
    update();
  });
  form.addEventListener("input", update);
  watchConstraints(update);
  update();
}

/** Returns the first invalid control with the browser's message, or null if all are valid. */
export function problemOf(form) {
  const control = [...form.elements].find((each) => !each.matches("fieldset") && !each.checkValidity());
  if (!control) return null;
  return { control, text: `${control.name || control.ariaLabel}: ${control.validationMessage}` };
}

function valueOf(form, control) {
  if (control.type === "checkbox") return control.checked;
  if (control.value === "colour") return colourOf(form, control.name).value;
  if (control.type === "number" || control.type === "range") {
    return control.value === "" ? null : Number(control.value);
  }
  return control.value;
}

function defaultOf(form, control) {
  if (control.type === "checkbox") return control.defaultChecked;
  if (control.type === "radio") {
    return [...form.elements[control.name]].find((radio) => radio.defaultChecked).value;
  }
  if (control.type === "number" || control.type === "range") return Number(control.defaultValue);
  const chosen = [...control.options].find((option) => option.defaultSelected).value;
  return chosen === "colour" ? colourOf(form, control.name).defaultValue : chosen;
}

const colourOf = (form, name) => form.querySelector(`[data-colour-of="${name}"]`);

function showGroups(form) {
  const { mode, format, quality } = form.elements;
  for (const group of form.querySelectorAll("[data-modes]")) {
    group.hidden = group.disabled = !group.dataset.modes.split(" ").includes(mode.value);
  }
  for (const group of form.querySelectorAll("[data-needs]")) {
    group.hidden = group.disabled = !form.elements[group.dataset.needs].checked;
  }
  for (const colour of form.querySelectorAll("[data-colour-of]")) {
    colour.disabled = form.elements[colour.dataset.colourOf].value !== "colour";
    colour.closest("label").hidden = colour.disabled;
  }
  quality.disabled = LOSSLESS.has(format.value);
  quality.closest("label").hidden = quality.disabled;
}

function showValues(form) {
  for (const range of form.querySelectorAll("input[type=range]")) {
    const text = range.value + (range.dataset.unit ?? "");
    range.ariaValueText = text;
    range.closest("label").querySelector(".value").textContent = text;
  }
}

function setSize(form, width, height) {
  if (!width) return;
  form.elements.width.value = width;
  form.elements.height.value = height;
}

function matchSize(form) {
  const { width, height } = form.elements;
  const shape = shapeOf(width.valueAsNumber, height.valueAsNumber);
  for (const radio of form.elements.shape) radio.checked = radio.value === shape;
  // Several presets share a size: keep the selected one as long as its size matches.
  const presets = form.querySelector("#size");
  if (presets.value !== `${width.value}x${height.value}`) presets.value = "";
}
