// Draws a plan and the marks over their photo, and describes the plan in sentences.

import { counted, sentence } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";

/**
 * Draws the window of a plan, its faces, and the marks of the user.
 *
 * `pixel` is the size of a pixel of the screen, in pixels of the photo: handles and dots have the
 * same size on every screen.
 */
export function drawPlan(svg, plan, { marks, selected, pixel }) {
  const { source, crop } = plan;
  if (!svg.querySelector(".window")) svg.replaceChildren(...frame());
  svg.setAttribute("viewBox", `0 0 ${source.width} ${source.height}`);
  // The window stays the same element, so that CSS animates its move.
  for (const each of svg.querySelectorAll(".window, .hole")) set(each, rectangle(crop));
  svg.querySelectorAll(".mark").forEach((each) => each.remove());
  svg.append(...facts(plan, pixel), ...marks.flatMap((mark) => drawnMark(mark, source, selected, pixel)));
  if (plan.mode !== "trim") svg.append(...handles(crop, pixel));
}

/** Removes the plan from the photo. */
export function clearPlan(svg) {
  svg.replaceChildren();
}

/** Returns the names of the signs that a plan has on the photo; "window" if it can be dragged. */
export function signsOf({ mode, faces, eyeLine }) {
  const drawn = {
    window: mode !== "trim",
    focus: hasFocus(mode),
    chosen: faces.some(({ chosen }) => chosen),
    other: faces.some(({ chosen }) => !chosen),
    "eye-line": eyeLine !== null,
  };
  return new Set(Object.keys(drawn).filter((name) => drawn[name]));
}

const hasFocus = (mode) => mode === "subject" || mode === "auto";

/** Returns the reason, the window and the faces of a plan as sentences. */
export function describePlan(plan) {
  const { source, crop, faces } = plan;
  const words = [
    sentence(plan.reason),
    plan.fallback === "no-faces" && "No faces were found.",
    `Window ${crop.width} × ${crop.height} of ${source.width} × ${source.height}.`,
    faces.length > 0 && `${counted(faces.length, "face")}.`,
    plan.facesCut > 0 && `${plan.facesCut} cut off.`,
  ];
  return words.filter(Boolean).join(" ");
}

function frame() {
  const mask = shape("mask", "", { id: "outside" });
  mask.append(
    shape("rect", "light", { width: "100%", height: "100%" }),
    shape("rect", "hole", {}),
  );
  return [
    mask,
    shape("rect", "shade", { width: "100%", height: "100%", mask: "url(#outside)" }),
    shape("rect", "window", {}),
  ];
}

function facts(plan, pixel) {
  const { crop } = plan;
  const drawn = plan.faces.flatMap((face) => [
    shape("rect", face.chosen ? "mark face chosen" : "mark face", rectangle(face.box)),
    ...face.landmarks.map(([cx, cy]) => shape("circle", "mark landmark", { cx, cy, r: 1.5 * pixel })),
  ]);
  if (plan.eyeLine !== null) {
    const right = crop.left + crop.width;
    const line = { x1: crop.left, x2: right, y1: plan.eyeLine, y2: plan.eyeLine };
    drawn.push(shape("line", "mark eye-line", line));
  }
  if (hasFocus(plan.mode)) {
    drawn.push(shape("circle", "mark focus", { cx: plan.focus.x, cy: plan.focus.y, r: 5 * pixel }));
  }
  return drawn;
}

function drawnMark({ kind, place }, { width, height }, selected, pixel) {
  const current = selected && selected.place === place ? " selected" : "";
  if (kind === "keep" || kind === "avoid") {
    const box = scaled(place, width, height);
    const drawn = shape("rect", `mark ${kind}${current}`, rectangle(box));
    return current ? [drawn, ...handles(box, pixel)] : [drawn];
  }
  const [x, y, arm] = [place.x * width, place.y * height, 9 * pixel];
  const d = `M${x - arm} ${y}H${x + arm}M${x} ${y - arm}V${y + arm}`;
  return [shape("path", `mark manual-focus${current}`, { d })];
}

function handles({ left, top, width, height }, pixel) {
  const corners = [left, left + width].flatMap((x) => [top, top + height].map((y) => [x, y]));
  const side = 9 * pixel;
  return corners.map(([x, y]) =>
    shape("rect", "mark handle", { x: x - side / 2, y: y - side / 2, width: side, height: side }),
  );
}

const scaled = (place, width, height) => ({
  left: place.left * width,
  top: place.top * height,
  width: place.width * width,
  height: place.height * height,
});
const rectangle = ({ left, top, width, height }) => ({ x: left, y: top, width, height });

function shape(kind, classes, attributes) {
  const element = document.createElementNS(SVG, kind);
  element.setAttribute("class", classes);
  set(element, attributes);
  return element;
}

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}
