// Manual constraints on the crop of a photo: the focus point, boxes to keep, boxes to avoid.
// They are marked on the photo or entered as numbers, and stored as fractions of the photo's sides.

const FIELDS = { focus: ["x", "y"], keep: ["left", "top", "width", "height"] };
FIELDS.avoid = FIELDS.keep;
const LABELS = { focus: "Focus", keep: "Keep", avoid: "Avoid" };
const HINTS = {
  focus: "Click the photo: the crop is centred on this point as far as the photo allows.",
  keep: "Drag a box over the photo: it stays entirely inside the crop.",
  avoid: "Drag a box over the photo: it stays outside the crop where possible.",
};
// Initial place of a mark that is added with the button.
const INITIAL = { x: 0.5, y: 0.5, left: 0.4, top: 0.4, width: 0.2, height: 0.2 };
// A drag shorter than this on either side is a click with a shaky hand.
const LEAST_SIDE = 0.01;

const byId = (id) => document.getElementById(id);
const rounded = (fraction) => Math.round(Math.min(1, Math.max(0, fraction)) * 1000) / 1000;
const kindChosen = () => document.querySelector("[name=tool]:checked").value;

let marks = [];

/** Returns the settings for the marks. */
export function constraintsOf() {
  const settings = {};
  for (const { kind, place } of marks) {
    if (kind === "focus") settings.focus = place;
    else (settings[kind] ??= []).push(place);
  }
  return settings;
}

/** Returns the marks, for drawing. */
export function constraintMarks() {
  return marks;
}

/** Removes all marks. */
export function clearConstraints() {
  marks = [];
  byId("marks").replaceChildren();
}

/** Calls `changed` when a mark is added, moved or removed. */
export function watchConstraints(changed) {
  const add = (kind, place) => {
    addMark(kind, place, changed);
    changed();
  };
  byId("tools").addEventListener("input", showHint);
  byId("mark").addEventListener("click", () => {
    const kind = kindChosen();
    add(kind, placeOf(kind, INITIAL));
    byId("marks").querySelector("li:last-child input").focus();
  });
  watchPointer(byId("fitted"), (from, to) => {
    const kind = kindChosen();
    const box = boxBetween(from, to);
    if (kind === "focus") add(kind, placeOf(kind, to));
    else if (box.width >= LEAST_SIDE && box.height >= LEAST_SIDE) add(kind, placeOf(kind, box));
  });
  showHint();
}

function showHint() {
  byId("hint").textContent = HINTS[kindChosen()];
}

function placeOf(kind, from) {
  return Object.fromEntries(FIELDS[kind].map((field) => [field, rounded(from[field])]));
}

function addMark(kind, place, changed) {
  // There is only one focus: a new one replaces it.
  if (kind === "focus") marks.filter((mark) => mark.kind === kind).forEach(remove);
  const mark = { kind, place, row: document.createElement("li") };
  const label = document.createElement("span");
  label.textContent = LABELS[kind];
  const button = document.createElement("button");
  Object.assign(button, { type: "button", textContent: "×", ariaLabel: `Remove: ${LABELS[kind]}` });
  button.addEventListener("click", () => {
    remove(mark);
    byId("mark").focus();
    changed();
  });
  mark.row.append(label, ...FIELDS[kind].map((field) => numberOf(mark, field)), button);
  marks.push(mark);
  byId("marks").append(mark.row);
}

function numberOf(mark, field) {
  const input = document.createElement("input");
  const label = `${LABELS[mark.kind]}: ${field}, percent`;
  Object.assign(input, { type: "number", min: 0, max: 100, step: 0.1, required: true });
  input.ariaLabel = input.title = label;
  input.value = Number((mark.place[field] * 100).toFixed(1));
  // The event also reaches the form, which requests the new plan.
  input.addEventListener("input", () => {
    if (input.checkValidity()) mark.place = { ...mark.place, [field]: rounded(input.value / 100) };
  });
  return input;
}

function remove(mark) {
  marks = marks.filter((each) => each !== mark);
  mark.row.remove();
}

function boxBetween(a, b) {
  const [left, top] = [Math.min(a.x, b.x), Math.min(a.y, b.y)];
  return { left, top, width: Math.abs(a.x - b.x), height: Math.abs(a.y - b.y) };
}

// Draws the box during a drag, and calls `done` with the start and the end of it.
function watchPointer(area, done) {
  const drag = byId("drag");
  let start = null;
  const at = (event) => {
    const { left, top, width, height } = area.getBoundingClientRect();
    return { x: rounded((event.clientX - left) / width), y: rounded((event.clientY - top) / height) };
  };
  const show = (box) => {
    drag.hidden = kindChosen() === "focus";
    for (const [side, fraction] of Object.entries(box)) drag.style[side] = `${fraction * 100}%`;
  };
  const stop = () => {
    start = null;
    drag.hidden = true;
  };
  area.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || byId("constraints").disabled) return;
    start = at(event);
    area.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  area.addEventListener("pointermove", (event) => start && show(boxBetween(start, at(event))));
  area.addEventListener("pointercancel", stop);
  area.addEventListener("pointerup", (event) => {
    if (!start) return;
    const from = start;
    stop();
    done(from, at(event));
  });
}
