// Shows the results of a photo: the active output large, and a card for each of several outputs.

import { resultOf } from "./album.js";
import { badgesOf, enlargementOf, largestSize, times } from "./badges.js";
import { imageOf, updateList } from "./dom.js";
import { drawPreview, outputOf } from "./preview.js";
import { titleOf } from "./sizes.js";
import { showViewer } from "./viewer.js";
import { megabytes, otherWarnings } from "./words.js";

const byId = (id) => document.getElementById(id);
// Pixels; the cards are small.
const CARD_SIDE = 320;
// A picture that is enlarged less looks sharp on most screens.
const SOFT_FROM = 1.25;

/** Shows the results of a photo, or previews of those that are not made yet. */
export function showResults(photo, requests, active) {
  const request = requests.find(({ output }) => output === active) ?? requests[0];
  const result = resultOf(photo, request);
  byId("result").hidden = !result && !photo.plan;
  if (byId("result").hidden) return;
  byId("result-title").textContent = result ? "Result" : "Preview";
  showCards(photo, requests, request);
  const plan = photo.plans.get(request.key) ?? result?.plan ?? lastPlan(photo, request);
  // Until there is a plan for another shape, the last picture stays.
  if (!plan) return;
  showPicture(photo, request, plan, result);
  showFacts(photo, request, plan, result);
  showEnlarged(plan, request);
  showViewer(photo, plan, sized(request));
}

// Returns the last plan if its window has the shape of the output.
function lastPlan({ plan }, { output, settings }) {
  if (!plan || settings.mode === "trim" || plan.mode === "trim") return plan;
  const factor = (plan.crop.width * output.height) / (plan.crop.height * output.width);
  return Math.abs(factor - 1) < 0.02 ? plan : null;
}

function showPicture(photo, request, plan, result) {
  const isDrawn = !result && canDraw(photo, plan);
  const image = byId("after");
  byId("preview").hidden = !isDrawn;
  image.hidden = !result;
  byId("unshown").hidden = isDrawn || Boolean(result);
  byId("compared").hidden = !byId("unshown").hidden;
  if (isDrawn) drawPreview(byId("preview"), photo.image, plan, sized(request));
  if (result && image.src !== result.shown) image.src = result.shown;
}

function showFacts(photo, request, plan, result) {
  const { width, height } = outputOf(plan, sized(request));
  byId("facts").textContent = [`${width} × ${height}`, result && megabytes(result.blob.size)].filter(Boolean).join(", ");
  // Those of the plan are below the photo.
  const warnings = otherWarnings((result?.warnings ?? []).filter((text) => !photo.warnings.includes(text)));
  byId("made").textContent = [result?.filename, ...warnings].filter(Boolean).join(" ");
}

function showEnlarged(plan, request) {
  const factor = enlargementOf(plan, request);
  byId("enlarged").hidden = factor === 1;
  if (factor === 1) return;
  const { width, height } = plan.crop;
  const [most, high] = largestSize(plan, request);
  byId("enlarged-text").textContent =
    `The window has ${width} × ${height} pixels. The result is enlarged ${times(factor)}${factor < SOFT_FROM ? "" : " and looks soft"}.`;
  byId("shrink").textContent = `Use ${most} × ${high}`;
  byId("shrink").value = `${most}x${high}`;
}

function showCards(photo, requests, active) {
  const strip = byId("strip");
  strip.hidden = requests.length < 2;
  updateList(strip, strip.hidden ? [] : requests.map((each) => cardOf(photo, each, each === active)));
}

function cardOf(photo, request, isActive) {
  const card = document.createElement("li");
  const button = document.createElement("button");
  const title = document.createElement("strong");
  const size = document.createElement("span");
  const result = resultOf(photo, request);
  const plan = photo.plans.get(request.key) ?? result?.plan;
  Object.assign(button, { type: "button", value: request.output.name });
  button.setAttribute("aria-current", isActive);
  title.textContent = titleOf(request.output);
  size.textContent = result ? megabytes(result.blob.size) : "…";
  const badges = document.createElement("span");
  badges.className = "badges";
  if (plan) badges.append(...badgesOf(plan, request));
  button.append(...pictureOf(photo, request, plan, result), title, size, badges);
  card.append(button, removeButton(request.output));
  return card;
}

function removeButton({ name }) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "remove", value: name, textContent: "×" });
  button.ariaLabel = `Remove the output ${name}`;
  return button;
}

function pictureOf(photo, request, plan, result) {
  if (result) return [imageOf(result.shown)];
  if (!canDraw(photo, plan)) return [];
  const canvas = document.createElement("canvas");
  drawPreview(canvas, photo.image, plan, sized(request), CARD_SIDE);
  // Two canvases of the same size are equal elements, with any pixels.
  canvas.dataset.drawn = photo.url + request.key;
  return [canvas];
}

const sized = ({ settings, output }) => ({ ...settings, width: output.width, height: output.height });

function canDraw({ image }, plan) {
  return Boolean(plan) && image.complete && image.naturalWidth > 0;
}
