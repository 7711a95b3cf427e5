// A plan, drawn over its picture and put into words.

const SVG = "http://www.w3.org/2000/svg";

export function drawPlan(svg, plan) {
  const { width, height } = plan.source;
  const { crop } = plan;
  // A dot that is as easy to see on a small picture as on a large one.
  const dot = Math.max(width, height) / 160;
  const right = crop.left + crop.width;
  const marks = [
    shape("path", "shade", {
      d: `M0 0H${width}V${height}H0ZM${crop.left} ${crop.top}V${crop.top + crop.height}H${right}V${crop.top}Z`,
    }),
    shape("rect", "window", rectangle(crop)),
    ...plan.faces.flatMap((face) => [
      shape("rect", face.chosen ? "face chosen" : "face", rectangle(face.box)),
      ...face.landmarks.map(([cx, cy]) => shape("circle", "landmark", { cx, cy, r: dot / 2 })),
    ]),
  ];
  if (plan.eyeLine !== null) {
    const line = { x1: crop.left, x2: right, y1: plan.eyeLine, y2: plan.eyeLine };
    marks.push(shape("line", "eye-line", line));
  }
  if (plan.mode === "subject") {
    marks.push(shape("circle", "focus", { cx: plan.focus.x, cy: plan.focus.y, r: 2 * dot }));
  }
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.replaceChildren(...marks);
}

export function wordsOf(plan) {
  const { source, crop, faces } = plan;
  const words = [
    sentence(plan.reason),
    plan.fallback && sentence(plan.fallback),
    `Window ${crop.width} × ${crop.height} of ${source.width} × ${source.height}.`,
    faces.length > 0 && `${faces.length} ${faces.length === 1 ? "face" : "faces"}.`,
    plan.facesCut > 0 && `${plan.facesCut} cut.`,
  ];
  return words.filter(Boolean).join(" ");
}

function sentence(text) {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
}

const rectangle = ({ left, top, width, height }) => ({ x: left, y: top, width, height });

function shape(kind, classes, attributes) {
  const element = document.createElementNS(SVG, kind);
  element.setAttribute("class", classes);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
