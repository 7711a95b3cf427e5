// Compares the result with a picture before, and shows it pixel by pixel.

import { drawPreview, outputOf } from "./preview.js";

const byId = (id) => document.getElementById(id);

let redraw = () => {};

/** Shows the controls for a result, and the picture that it is compared with. */
export function showViewer({ image }, plan, settings) {
  const canCompare = plan.mode !== "trim" && image.complete && image.naturalWidth > 0;
  byId("compare").closest("label").hidden = !canCompare;
  redraw = () => {
    const kind = canCompare ? byId("compare").value : "";
    byId("split").closest("label").hidden = byId("covering").hidden = byId("seam").hidden = kind === "";
    if (kind !== "") {
      const crop = kind === "centre" ? centreWindow(plan.source, settings) : plan.crop;
      drawPreview(byId("covering"), image, { ...plan, crop }, settings);
    }
    showSplit();
    showScale(outputOf(plan, settings));
  };
  redraw();
}

/** Reacts to the controls. */
export function watchViewer() {
  byId("compare").addEventListener("input", () => redraw());
  byId("split").addEventListener("input", showSplit);
  byId("zoom").addEventListener("click", () => {
    byId("zoom").ariaPressed = byId("zoom").ariaPressed === "true" ? "false" : "true";
    redraw();
  });
}

function showSplit() {
  const share = byId("split").value;
  byId("covering").style.clipPath = `inset(0 ${100 - share}% 0 0)`;
  byId("seam").style.left = `${share}%`;
  byId("split").ariaValueText = `${share}% before`;
}

// At 100 %, each pixel of the result is one of the screen, and the frame scrolls.
function showScale({ width }) {
  const isFull = byId("zoom").ariaPressed === "true";
  const frame = byId("compared").parentElement;
  frame.classList.toggle("full", isFull);
  frame.tabIndex = isFull ? 0 : -1;
  for (const picture of [byId("preview"), byId("after")]) {
    picture.style.width = isFull ? `${width / devicePixelRatio}px` : "";
  }
}

function centreWindow(source, { width, height }) {
  const scale = Math.min(source.width / width, source.height / height);
  const [w, h] = [width * scale, height * scale];
  return { left: (source.width - w) / 2, top: (source.height - h) / 2, width: w, height: h };
}
