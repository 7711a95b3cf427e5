// Converts between the form and the crop settings. The ranges are in index.html.

import { settingsOfMarks } from "./marks.js";
import { activeOutput, outputsOf, watchOutputs } from "./outputs.js";

// Sent even with their default values, so that the request in code shows them.
const ALWAYS_SENT = new Set(["mode", "width", "height"]);
const LOSSLESS = new Set(["png", "tiff", "gif"]);

/** Returns the settings of a photo with all outputs, as one request sends them. */
export function settingsOf(form, photo) {
  const settings = { ...formSettings(form), ...settingsOfMarks(photo, form.elements.mode.value) };
  return settings.mode === "trim" ? settings : withOutputs(settings, outputsOf());
}

/** Returns the requests for the results of a photo: each output with its settings and a key. */
export function requestsOf(form, photo) {
  const settings = settingsOf(form, photo);
  if (!settings.sizes) return [requestOf(activeOutput(), settings)];
  return outputsOf().map((output) => requestOf(output, { ...settings, sizes: [output.name] }));
}

/** Returns the settings of the form that differ from the service's defaults, and those always sent. */
export function formSettings(form) {
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
  return settings;
}

/** Calls `changed` after every change of the form, to valid or invalid settings. */
export function watchForm(form, changed) {
  const update = () => {
    showForm(form);
    changed();
  };
  watchOutputs(form, update);
  form.addEventListener("input", update);
  showForm(form);
}

/** Shows the controls that the mode and the other settings need, and the values of sliders. */
export function showForm(form) {
  showGroups(form);
  showValues(form);
}

/** Returns the first invalid control with the browser's message, or null if all are valid. */
export function problemOf(form) {
  const control = [...form.elements].find((each) => !each.matches("fieldset") && !each.checkValidity());
  if (!control) return null;
  return { control, text: `${titleOf(control)}: ${rangeOf(control) ?? control.validationMessage}` };
}

// A name in the accessibility tree alone, or the text of the label without its unit.
const titleOf = ({ ariaLabel, labels, name }) => ariaLabel ?? labels[0]?.textContent.split(/[,(]/)[0].trim() ?? name;

function rangeOf({ type, min, max, step, validity: { customError } }) {
  if (type !== "number" || customError || min === "" || max === "") return null;
  const kind = step === "" || step === "1" ? "a whole number" : "a number";
  return `enter ${kind} from ${grouped(min)} to ${grouped(max)}`;
}

const grouped = (text) => Number(text).toLocaleString("en");

// With several outputs, the request has the setting sizes in place of width and height.
function withOutputs({ width, height, ...settings }, outputs) {
  if (outputs.length > 1) return { ...settings, sizes: outputs.map(({ name }) => name) };
  return { ...settings, width, height };
}

const requestOf = (output, settings) => ({ output, settings, key: JSON.stringify(settings) });

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
  const { mode, format, quality, effort } = form.elements;
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
  effort.disabled = format.value === "gif";
  effort.closest("label").hidden = effort.disabled;
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
