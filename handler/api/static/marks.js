// The marks of a photo: its focus point, boxes to keep and to avoid, and a moved window. Places are
// fractions of the photo's sides.

// A window that is moved has the centre x and y. One that is also resized has its width and height,
// and its size as a share of the largest window of its shape.
export const FIELDS = {
  window: ["x", "y"],
  focus: ["x", "y"],
  keep: ["left", "top", "width", "height"],
  avoid: ["left", "top", "width", "height"],
};
export const LABELS = { window: "Window", focus: "Focus", keep: "Keep", avoid: "Avoid" };
// The padding of the service reduces the window to this share at most, by 50 %.
export const LEAST_SIZE = 1 / 1.5;
const MOST_UNDONE = 100;

const within = (low, value, high) => Math.min(high, Math.max(low, value));
/** Returns a fraction with three digits, which is exact to a pixel on most screens. */
export const rounded = (fraction) => Math.round(within(0, fraction, 1) * 1000) / 1000;

/** Returns the settings for the marks of a photo. */
export function settingsOfMarks(photo, mode) {
  const settings = {};
  if (!photo || mode === "trim") return settings;
  for (const { kind, place } of photo.marks) {
    if (kind === "window") moveWindow(settings, place, mode);
    else if (kind === "focus") settings.focus = place;
    else (settings[kind] ??= []).push(place);
  }
  return settings;
}

/** Adds a mark, and selects it. There is one focus or one moved window: a new one replaces it. */
export function addMark(photo, kind, place) {
  remember(photo);
  const others = photo.marks.filter((each) => !(isPoint({ kind }) && isPoint(each)));
  photo.selected = { kind, place: kind === "window" ? place : placeOf(kind, place) };
  photo.marks = [...others, photo.selected];
}

/** Moves a mark. A series of changes with the same `origin` is undone in one step. */
export function changeMark(photo, mark, place, origin) {
  if (origin === undefined || origin !== photo.origin) remember(photo);
  photo.origin = origin;
  const changed = { ...mark, place };
  photo.marks = photo.marks.map((each) => (each === mark ? changed : each));
  photo.selected = changed;
  return changed;
}

export function removeMark(photo, mark) {
  remember(photo);
  photo.marks = photo.marks.filter((each) => each !== mark);
  photo.selected = null;
}

/** Restores the marks before the last change; returns whether there was one. */
export function undo(photo) {
  if (photo.past.length === 0) return false;
  photo.marks = photo.past.pop();
  photo.selected = null;
  photo.origin = undefined;
  return true;
}

// Marks are replaced, never changed: an earlier list stays as it was.
function remember(photo) {
  photo.past = [...photo.past, photo.marks].slice(-MOST_UNDONE);
  photo.origin = undefined;
}

const isPoint = ({ kind }) => kind === "focus" || kind === "window";

function placeOf(kind, from) {
  return Object.fromEntries(FIELDS[kind].map((field) => [field, rounded(from[field])]));
}

// The service has no setting for a window of any size. A focus centres the window. Its size follows
// from the padding, and in face mode from a box to keep, as large as the window, and the closest
// framing.
function moveWindow(settings, { x, y, width, height, size }, mode) {
  settings.focus = { x: rounded(x), y: rounded(y) };
  if (size === undefined) return;
  if (mode !== "face") {
    settings.padding = Math.round((1 / within(LEAST_SIZE, size, 1) - 1) * 100);
    return;
  }
  Object.assign(settings, { facePreset: "closeup", padding: 0, enlarge: settings.enlarge ?? true });
  const [left, top] = [within(0, x - width / 2, 1 - width), within(0, y - height / 2, 1 - height)];
  (settings.keep ??= []).push(placeOf("keep", { left, top, width, height }));
}
