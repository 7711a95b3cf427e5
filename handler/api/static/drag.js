// Moves and resizes the window and the marks of a photo, with the pointer and with keys.

import { LEAST_SIZE, addMark, changeMark } from "./marks.js";
import { toolOf } from "./mark_list.js";

// Least side of a mark, in fractions of the picture. A shorter drag counts as a click.
const LEAST_SIDE = 0.01;
// Distance in pixels of the screen at which a corner is grabbed.
const GRAB = 12;
const STEP = 0.01;
const LARGE_STEP = 0.1;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const byId = (id) => document.getElementById(id);
const clamp = (value, high = 1) => Math.min(high, Math.max(0, value));

/**
 * Calls `dragged` with the photo while something is dragged, and `changed` when it is dropped.
 *
 * `photoOf` returns the photo that is shown; `isMarked` returns false if the mode has no marks.
 */
export function watchDrags(photoOf, isMarked, { dragged, changed }) {
  const area = byId("fitted");
  let drag = null;
  area.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !photoOf()?.plan || !isMarked()) return;
    const point = pointOf(area, event);
    drag = { ...grab(photoOf(), point, sizeOf(area)), from: point, photo: photoOf() };
    area.setPointerCapture(event.pointerId);
    area.focus({ preventScroll: true });
    event.preventDefault();
  });
  area.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const to = pointOf(area, event);
    if (drag.item) dragged(drag.photo, moved(drag, to));
    else if (toolOf() !== "focus") showBox(boxBetween(drag.from, to));
  });
  area.addEventListener("pointercancel", () => {
    if (drag?.item) changed(drag.photo);
    drag = stop();
  });
  area.addEventListener("pointerup", (event) => {
    if (!drag) return;
    const to = pointOf(area, event);
    if (drag.item) drop(drag, to);
    else draw(drag.photo, drag.from, to);
    changed(drag.photo);
    drag = stop();
  });
  area.addEventListener("keydown", (event) => {
    if (photoOf()?.plan && isMarked() && nudge(photoOf(), event)) changed(photoOf());
  });
}

/** Returns the window of a photo's plan as fractions of its sides. */
function windowOf({ plan: { crop, source } }) {
  return {
    left: crop.left / source.width,
    top: crop.top / source.height,
    width: crop.width / source.width,
    height: crop.height / source.height,
  };
}

function stop() {
  byId("drag").hidden = true;
  return null;
}

function pointOf(area, event) {
  const { left, top, width, height } = area.getBoundingClientRect();
  return { x: clamp((event.clientX - left) / width), y: clamp((event.clientY - top) / height) };
}

const sizeOf = (area) => ({ width: area.clientWidth, height: area.clientHeight });

// Returns the item at a point and the corner that stays, if a corner of the item is grabbed.
function grab(photo, point, screen) {
  const window = { kind: "window", place: windowOf(photo) };
  const marks = photo.marks.filter(({ kind }) => kind !== "window").reverse();
  for (const item of [...marks, window]) {
    const isWindow = item === window;
    const anchor = isPoint(item) ? null : anchorOf(item.place, point, screen);
    if (anchor && (isWindow || item === photo.selected)) return { item, anchor };
    if (isWindow && toolOf() !== "move") continue;
    if (isAt(item, point, screen)) return { item, anchor: null };
  }
  return { item: null };
}

const isPoint = ({ kind }) => kind === "focus";

function anchorOf({ left, top, width, height }, { x, y }, screen) {
  for (const [cx, ox] of [[left, left + width], [left + width, left]]) {
    for (const [cy, oy] of [[top, top + height], [top + height, top]]) {
      const isNear = Math.abs(cx - x) * screen.width < GRAB && Math.abs(cy - y) * screen.height < GRAB;
      if (isNear) return { x: ox, y: oy };
    }
  }
  return null;
}

function isAt({ kind, place }, { x, y }, screen) {
  if (kind === "focus") {
    return Math.hypot((place.x - x) * screen.width, (place.y - y) * screen.height) < GRAB;
  }
  const { left, top, width, height } = place;
  return x >= left && x <= left + width && y >= top && y <= top + height;
}

// Returns the item with its new place, in the shape in which it is drawn.
function moved({ item, anchor, from, photo }, to) {
  const { kind, place } = item;
  if (kind === "focus") return { kind, item, place: { x: to.x, y: to.y } };
  if (anchor) {
    const box = boxBetween(anchor, to);
    return { kind, item, place: kind === "window" ? inShape(box, anchor, to, place, photo) : box };
  }
  const left = clamp(place.left + to.x - from.x, 1 - place.width);
  const top = clamp(place.top + to.y - from.y, 1 - place.height);
  return { kind, item, place: { ...place, left, top } };
}

// Returns the window that has the shape of `place`, one corner at the anchor and a size that the
// service can make.
function inShape(box, anchor, to, place, photo) {
  const largest = largestOf(place);
  const space = {
    width: to.x < anchor.x ? anchor.x : 1 - anchor.x,
    height: to.y < anchor.y ? anchor.y : 1 - anchor.y,
  };
  const most = Math.min(space.width / largest.width, space.height / largest.height, 1);
  const least = photo.plan.mode === "face" ? 0.05 : LEAST_SIZE;
  const requested = Math.max(box.width / largest.width, box.height / largest.height);
  const size = Math.min(Math.max(requested, least), Math.max(most, least));
  const [width, height] = [largest.width * size, largest.height * size];
  const left = to.x < anchor.x ? anchor.x - width : anchor.x;
  const top = to.y < anchor.y ? anchor.y - height : anchor.y;
  return { width, height, left: clamp(left, 1 - width), top: clamp(top, 1 - height) };
}

function largestOf({ width, height }) {
  const scale = Math.min(1 / width, 1 / height);
  return { width: width * scale, height: height * scale };
}

function drop(drag, to) {
  const { photo, item, anchor, from } = drag;
  const isClick = !anchor && Math.hypot(to.x - from.x, to.y - from.y) < LEAST_SIDE;
  if (isClick) {
    photo.selected = item.kind === "window" ? null : item;
    return;
  }
  place(photo, item, moved(drag, to).place, anchor !== null);
}

function place(photo, item, to, isResized) {
  if (item.kind !== "window") {
    changeMark(photo, item, to);
    return;
  }
  const centre = { x: to.left + to.width / 2, y: to.top + to.height / 2 };
  const before = photo.marks.find(({ kind }) => kind === "window")?.place;
  const resized = { width: to.width, height: to.height, size: to.width / largestOf(to).width };
  const kept = before?.size === undefined ? {} : { ...resized, size: before.size };
  addMark(photo, "window", { ...centre, ...(isResized ? resized : kept) });
}

function draw(photo, from, to) {
  const kind = toolOf();
  const box = boxBetween(from, to);
  if (kind === "focus") addMark(photo, kind, to);
  else if (kind === "move") photo.selected = null;
  else if (box.width >= LEAST_SIDE && box.height >= LEAST_SIDE) addMark(photo, kind, box);
}

function showBox(box) {
  const drag = byId("drag");
  drag.hidden = toolOf() === "move";
  for (const [side, fraction] of Object.entries(box)) drag.style[side] = `${fraction * 100}%`;
}

function boxBetween(a, b) {
  const [left, top] = [Math.min(a.x, b.x), Math.min(a.y, b.y)];
  return { left, top, width: Math.abs(a.x - b.x), height: Math.abs(a.y - b.y) };
}

// Moves or resizes the selected mark, or the window, with a key; returns whether it did.
function nudge(photo, event) {
  const step = event.shiftKey ? LARGE_STEP : STEP;
  const [dx, dy] = (ARROWS[event.key] ?? [0, 0]).map((each) => each * step);
  const grown = { "+": 1 + step * 5, "-": 1 / (1 + step * 5) }[event.key];
  if (event.ctrlKey || event.metaKey || (dx === 0 && dy === 0 && !grown)) return false;
  event.preventDefault();
  const selected = photo.marks.find((each) => each === photo.selected && each.kind !== "window");
  const item = selected ?? { kind: "window", place: windowOf(photo) };
  if (grown && isPoint(item)) return false;
  place(photo, item, grown ? scaledBox(photo, item, grown) : shifted(item, dx, dy), Boolean(grown));
  return true;
}

function shifted({ kind, place }, dx, dy) {
  if (kind === "focus") return { x: clamp(place.x + dx), y: clamp(place.y + dy) };
  return {
    ...place,
    left: clamp(place.left + dx, 1 - place.width),
    top: clamp(place.top + dy, 1 - place.height),
  };
}

function scaledBox(photo, { kind, place }, factor) {
  const most = kind === "window" ? largestOf(place) : { width: 1, height: 1 };
  const least = kind === "window" && photo.plan.mode !== "face" ? LEAST_SIZE : LEAST_SIDE;
  const largest = Math.min(most.width / place.width, most.height / place.height);
  const scale = Math.max(Math.min(factor, largest), (least * most.width) / place.width);
  const [width, height] = [place.width * scale, place.height * scale];
  return {
    width,
    height,
    left: clamp(place.left + (place.width - width) / 2, 1 - width),
    top: clamp(place.top + (place.height - height) / 2, 1 - height),
  };
}
