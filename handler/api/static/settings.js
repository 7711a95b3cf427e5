// The form and the settings that it stands for. The ranges are in the page, the meaning in the API.

// Label, width, height. A ratio's shorter side is the service's default side.
const ASPECTS = [
  ["1:1", 1080, 1080],
  ["5:4", 1350, 1080],
  ["4:3", 1440, 1080],
  ["3:2", 1620, 1080],
  ["16:9", 1920, 1080],
  ["4:5", 1080, 1350],
  ["3:4", 1080, 1440],
  ["2:3", 1080, 1620],
  ["9:16", 1080, 1920],
];
const SOCIAL_MEDIA = [
  ["Instagram post", 1080, 1080],
  ["Instagram portrait", 1080, 1350],
  ["Instagram story", 1080, 1920],
  ["TikTok cover", 1080, 1920],
  ["X post", 1200, 675],
  ["X header", 1500, 500],
  ["Facebook post", 1200, 630],
  ["Facebook cover", 820, 312],
  ["LinkedIn post", 1200, 627],
  ["LinkedIn banner", 1584, 396],
  ["YouTube thumbnail", 1280, 720],
  ["Pinterest pin", 1000, 1500],
];
// Told even where they are what the service would take anyway: a request is read by people.
const ALWAYS_TOLD = new Set(["mode", "width", "height"]);

export function settingsOf(form) {
  const settings = {};
  for (const control of form.elements) {
    if (!control.name || control.matches("fieldset, :disabled")) continue;
    if (control.type === "radio" && !control.checked) continue;
    const value = valueOf(form, control);
    if (value === null || (value === defaultOf(form, control) && !ALWAYS_TOLD.has(control.name))) {
      continue;
    }
    settings[control.name] = value;
  }
  return settings;
}

/** Calls `changed` with every change that leaves the settings valid or not; the form tells which. */
export function watchForm(form, changed) {
  fillSizes(form.querySelector("#size"));
  const update = () => {
    showMode(form);
    showValues(form);
    matchSize(form);
  };
  form.querySelector("#size").addEventListener("input", (event) => {
    if (event.target.value) setSize(form, ...event.target.value.split("x"));
  });
  form.querySelector("#swap").addEventListener("click", () => {
    setSize(form, form.elements.height.value, form.elements.width.value);
    update();
    changed();
  });
  form.addEventListener("input", () => {
    update();
    changed();
  });
  update();
}

/** What is wrong with the first control that is wrong, in the browser's words; null if none is. */
export function problemOf(form) {
  const wrong = [...form.elements].find((each) => !each.matches("fieldset") && !each.checkValidity());
  if (!wrong) return null;
  return { control: wrong, words: `${wrong.name}: ${wrong.validationMessage}` };
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
  if (control.type === "number" || control.type === "range") return Number(control.defaultValue);
  if (control.matches("select")) {
    const chosen = [...control.options].find((option) => option.defaultSelected).value;
    return chosen === "colour" ? colourOf(form, control.name).defaultValue : chosen;
  }
  return control.defaultValue;
}

const colourOf = (form, name) => form.querySelector(`[data-colour-of="${name}"]`);

function showMode(form) {
  const { mode } = form.elements;
  for (const group of form.querySelectorAll("fieldset[data-modes]")) {
    group.hidden = group.disabled = !group.dataset.modes.split(" ").includes(mode.value);
  }
  for (const group of form.querySelectorAll("[data-needs]")) {
    group.hidden = group.disabled = !form.elements[group.dataset.needs].checked;
  }
  for (const colour of form.querySelectorAll("[data-colour-of]")) {
    colour.disabled = form.elements[colour.dataset.colourOf].value !== "colour";
    colour.closest("label").hidden = colour.disabled;
  }
}

function showValues(form) {
  for (const range of form.querySelectorAll("input[type=range]")) {
    range.closest("label").querySelector(".value").textContent =
      range.value + (range.dataset.unit ?? "");
  }
}

function fillSizes(select) {
  for (const [label, sizes] of Object.entries({ Aspect: ASPECTS, "Social media": SOCIAL_MEDIA })) {
    const group = document.createElement("optgroup");
    group.label = label;
    for (const [name, width, height] of sizes) {
      group.append(new Option(`${name} (${width} × ${height})`, `${width}x${height}`));
    }
    select.append(group);
  }
}

function setSize(form, width, height) {
  form.elements.width.value = width;
  form.elements.height.value = height;
}

// Several presets are of one size: what was chosen stays chosen while it fits.
function matchSize(form) {
  const select = form.querySelector("#size");
  const size = `${form.elements.width.value}x${form.elements.height.value}`;
  if (select.value === size) return;
  const fitting = [...select.options].find((option) => option.value === size);
  if (fitting) fitting.selected = true;
  else select.selectedIndex = 0;
}
