// Keeps the settings in the fragment of the address, which browsers do not send.

import { outputsOf, setOutputs } from "./outputs.js";
import { formSettings, showForm } from "./settings.js";

const DEFAULT_OUTPUT = "1:1";
const DEFAULT_SIDE = 1080;
const SIDES = ["width", "height"];

/** Replaces the fragment by the settings that differ from the initial ones. */
export function writeAddress(form) {
  const { mode, width, height, ...settings } = formSettings(form);
  const query = new URLSearchParams();
  if (mode !== "auto") query.set("mode", mode);
  const names = outputsOf().map(({ name }) => name).join(",");
  if (mode !== "trim" && names !== DEFAULT_OUTPUT) query.set("sizes", names);
  for (const [name, value] of Object.entries(settings)) query.set(name, value);
  // Readable: none of these characters needs an escape in a fragment.
  const text = query.toString().replaceAll("%3A", ":").replaceAll("%2C", ",");
  const address = text ? `#${text}` : location.pathname + location.search;
  if (`#${text}` !== (location.hash || "#")) history.replaceState(null, "", address);
}

/** Gives the form the settings of the fragment; unknown names and values are ignored. */
export function readAddress(form) {
  const query = new URLSearchParams(location.hash.slice(1));
  form.reset();
  setOutputs((query.get("sizes") ?? sidesOf(query) ?? DEFAULT_OUTPUT).split(","));
  for (const [name, value] of query) {
    const control = form.elements.namedItem(name);
    if (control && isSetting(control)) setControl(form, control, value);
  }
  showForm(form);
}

function sidesOf(query) {
  const [width, height] = SIDES.map((side) => query.get(side));
  return width || height ? `${width ?? DEFAULT_SIDE}x${height ?? DEFAULT_SIDE}` : null;
}

function isSetting(control) {
  const first = control instanceof RadioNodeList ? control[0] : control;
  return !SIDES.includes(first.name) && Boolean(first.name) && !first.matches("fieldset, [data-unsent] *");
}

function setControl(form, control, value) {
  if (control instanceof RadioNodeList) {
    for (const radio of control) radio.checked ||= radio.value === value;
  } else if (control.type === "checkbox") control.checked = value === "true";
  else if (control.tagName !== "SELECT") control.value = value;
  else if ([...control.options].some((option) => option.value === value)) control.value = value;
  else setColour(form, control, value);
}

function setColour(form, control, value) {
  const colour = form.querySelector(`[data-colour-of="${control.name}"]`);
  if (!colour || !/^#[0-9a-f]{6}$/i.test(value)) return;
  control.value = "colour";
  colour.value = value;
}
