// The list of the marks of a photo, in which the keyboard adds, changes and removes them.

import { FIELDS, LABELS, addMark, changeMark, removeMark, rounded, undo } from "./marks.js";

const HINTS = {
  move: "Drag the window or a mark. Drag a corner to change its size.",
  focus: "Click the photo. The crop is centred on this point as far as the photo allows.",
  keep: "Drag a box over the photo. It stays completely inside the crop.",
  avoid: "Drag a box over the photo. It stays outside the crop where possible.",
};
// Initial place of a mark that is added with the button.
const INITIAL = { x: 0.5, y: 0.5, left: 0.4, top: 0.4, width: 0.2, height: 0.2 };

const byId = (id) => document.getElementById(id);
let photo = null;
let changed = () => {};

/** Returns the kind of mark that the pointer adds, or "move". */
export const toolOf = () => document.querySelector("[name=tool]:checked").value;

/** Shows the marks of a photo. */
export function showMarks(shown) {
  photo = shown;
  byId("marks").replaceChildren(...(photo?.marks ?? []).map(rowOf));
  showButtons();
}

/** Calls `whenChanged` when a mark is changed in the list or with a key. */
export function watchMarks(whenChanged) {
  changed = () => {
    showMarks(photo);
    whenChanged();
  };
  byId("tools").addEventListener("input", showTool);
  byId("mark").addEventListener("click", () => {
    addMark(photo, toolOf(), INITIAL);
    changed();
    byId("marks").querySelector("li:last-child input").focus();
  });
  byId("undo").addEventListener("click", undoLast);
  document.addEventListener("keydown", onKey);
  showTool();
}

function showTool() {
  byId("hint").textContent = HINTS[toolOf()];
  document.body.dataset.tool = toolOf();
  showButtons();
}

function showButtons() {
  byId("mark").disabled = photo === null || toolOf() === "move";
  byId("undo").hidden = !photo?.past.length;
}

function onKey(event) {
  // Fields have an undo and a Delete key of their own.
  if (photo === null || event.target.matches("input[type=number], select")) return;
  const isUndo = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z";
  if (isUndo) undoLast();
  else if (["Delete", "Backspace"].includes(event.key) && photo.marks.includes(photo.selected)) {
    removeMark(photo, photo.selected);
    changed();
  } else return;
  event.preventDefault();
}

function undoLast() {
  if (!undo(photo)) return;
  changed();
  // The button is hidden when nothing is left to undo.
  if (document.activeElement === document.body) byId("fitted").focus({ preventScroll: true });
}

function rowOf(mark) {
  const row = document.createElement("li");
  const label = document.createElement("span");
  label.textContent = LABELS[mark.kind];
  const button = document.createElement("button");
  Object.assign(button, { type: "button", textContent: "×", ariaLabel: `Remove: ${LABELS[mark.kind]}` });
  const cell = { mark };
  button.addEventListener("click", () => {
    removeMark(photo, cell.mark);
    changed();
    byId("tools").querySelector(":checked").focus();
  });
  if (mark === photo.selected) row.setAttribute("aria-current", "true");
  row.append(label, button, ...FIELDS[mark.kind].map((field) => numberOf(cell, field)));
  return row;
}

// The cell has the current mark of the row, which changes with every number.
function numberOf(cell, field) {
  const label = document.createElement("label");
  const input = document.createElement("input");
  Object.assign(input, { type: "number", min: 0, max: 100, step: 0.1, required: true });
  input.ariaLabel = `${LABELS[cell.mark.kind]}: ${field}, percent`;
  input.value = Number((cell.mark.place[field] * 100).toFixed(1));
  // The event also reaches the form, which requests the new plan.
  input.addEventListener("input", () => {
    if (!input.checkValidity()) return;
    const place = { ...cell.mark.place, [field]: rounded(input.value / 100) };
    cell.mark = changeMark(photo, cell.mark, place, input);
    showButtons();
  });
  label.append(`${field}, %`, input);
  return label;
}
