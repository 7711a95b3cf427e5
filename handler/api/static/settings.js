// The form and the settings that it stands for. The ranges are in the page, the meaning in the API.

import { guidesOf, watchGuides } from "./guides.js";
import { fillPlaces, fillShapes, shapeOf } from "./sizes.js";

// Told even where they are what the service would take anyway: a request is read by people.
const ALWAYS_TOLD = new Set(["mode", "width", "height"]);
const LOSSLESS = new Set(["png", "tiff", "gif"]);

export function settingsOf(form) {
  const settings = {};
  for (const control of form.elements) {
    if (!control.name || control.matches("fieldset, :disabled, [data-unsent] *")) continue;
    if (control.type === "radio" && !control.checked) continue;
    const value = valueOf(form, control);
    if (value === null || (value === defaultOf(form, control) && !ALWAYS_TOLD.has(control.name))) {
      continue;
    }
    settings[control.name] = value;
  }
  return form.querySelector("#guides").disabled ? settings : { ...settings, ...guidesOf() };
}

/** Calls `changed` with every change that leaves the settings valid or not; the form tells which. */
export function watchForm(form, changed) {
  const places = form.querySelector("#size");
  const shapes = form.querySelector("#aspects");
  fillPlaces(places);
  fillShapes(shapes);
  const update = () => {
    showGroups(form);
    showValues(form);
    matchSize(form);
    changed();
  };
  for (const sizes of [places, shapes]) {
    sizes.addEventListener("input", (event) => setSize(form, ...event.target.value.split("x")));
  }
  form.querySelector("#swap").addEventListener("click", () => {
    setSize(form, form.elements.height.value, form.elements.width.value);
    update();
  });
  form.addEventListener("input", update);
  watchGuides(update);
  update();
}

/** What is wrong with the first control that is wrong, in the browser's words; null if none is. */
export function problemOf(form) {
  const wrong = [...form.elements].find((each) => !each.matches("fieldset") && !each.checkValidity());
  if (!wrong) return null;
  return { control: wrong, words: `${wrong.name || wrong.ariaLabel}: ${wrong.validationMessage}` };
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
    const words = range.value + (range.dataset.unit ?? "");
    range.ariaValueText = words;
    range.closest("label").querySelector(".value").textContent = words;
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
  // Several places take one size: the one that was chosen stays chosen while it fits.
  const places = form.querySelector("#size");
  if (places.value !== `${width.value}x${height.value}`) places.value = "";
}
