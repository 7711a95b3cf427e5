// Draws a plan over its photo, and describes it in a sentence.

import { constraintMarks } from "./constraints.js";

const SVG = "http://www.w3.org/2000/svg";

export function drawPlan(svg, plan) {
  const { source, crop } = plan;
  if (!svg.querySelector(".window")) svg.replaceChildren(...frame());
  svg.setAttribute("viewBox", `0 0 ${source.width} ${source.height}`);
  // The window stays the same element, so that CSS animates its move.
  for (const each of svg.querySelectorAll(".window, .hole")) set(each, rectangle(crop));
  svg.querySelectorAll(".mark").forEach((each) => each.remove());
  svg.append(...constraints(plan.source), ...marks(plan));
}

/** Removes the plan from the photo. */
export function clearPlan(svg) {
  svg.replaceChildren();
}

/** Returns the reason, the window and the faces of a plan as sentences. */
export function describePlan(plan) {
  const { source, crop, faces } = plan;
  const words = [
    sentence(plan.reason),
    plan.fallback === "no-faces" && "No faces were found.",
    `Window ${crop.width} × ${crop.height} of ${source.width} × ${source.height}.`,
    faces.length > 0 && `${faces.length} ${faces.length === 1 ? "face" : "faces"}.`,
    plan.facesCut > 0 && `${plan.facesCut} cut off.`,
  ];
  return words.filter(Boolean).join(" ");
}

function sentence(text) {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
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

function marks(plan) {
  const { crop } = plan;
  // Relative to the photo, so that the dot has the same size on every screen.
  const dot = Math.max(plan.source.width, plan.source.height) / 160;
  const drawn = plan.faces.flatMap((face) => [
    shape("rect", face.chosen ? "mark face chosen" : "mark face", rectangle(face.box)),
    ...face.landmarks.map(([cx, cy]) => shape("circle", "mark landmark", { cx, cy, r: dot / 2 })),
  ]);
  if (plan.eyeLine !== null) {
    const right = crop.left + crop.width;
    const line = { x1: crop.left, x2: right, y1: plan.eyeLine, y2: plan.eyeLine };
    drawn.push(shape("line", "mark eye-line", line));
  }
  if (plan.mode === "subject" || plan.mode === "auto") {
    drawn.push(shape("circle", "mark focus", { cx: plan.focus.x, cy: plan.focus.y, r: 2 * dot }));
  }
  return drawn;
}

function constraints({ width, height }) {
  const dot = Math.max(width, height) / 80;
  return constraintMarks().map(({ kind, place }) => {
    if (kind !== "focus") return shape("rect", `mark ${kind}`, scaled(place, width, height));
    const [x, y] = [place.x * width, place.y * height];
    const d = `M${x - 2 * dot} ${y}H${x + 2 * dot}M${x} ${y - 2 * dot}V${y + 2 * dot}`;
    return shape("path", "mark manual-focus", { d });
  });
}

const scaled = (place, width, height) => ({
  x: place.left * width,
  y: place.top * height,
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
