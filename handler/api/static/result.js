// Shows the crop of a photo, or a preview of it.

import { drawPreview } from "./preview.js";
import { megabytes } from "./service.js";

const byId = (id) => document.getElementById(id);

/** Shows the result if it was made with these settings, otherwise a preview. */
export function showResult(photo, settings) {
  const result = photo.made === JSON.stringify(settings) ? photo.result : null;
  const isDrawn = !result && canDraw(photo);
  byId("result").hidden = !result && !photo.plan;
  byId("result-title").textContent = result ? "Result" : "Preview";
  byId("preview").hidden = !isDrawn;
  byId("download").hidden = !result;
  if (isDrawn) drawPreview(byId("preview"), photo.image, photo.plan, photo.planned);
  if (result) showFile(photo, result);
  else showNothing(isDrawn);
}

function canDraw({ plan, image }) {
  return Boolean(plan) && image.complete && image.naturalWidth === plan.source.width;
}

function showFile(photo, result) {
  const image = byId("after");
  const url = new URL(result.downloadUrl, location).href;
  const shown = new URL(result.previewUrl ?? url, location).href;
  if (image.src !== shown) {
    byId("unshown").hidden = true;
    image.hidden = false;
    image.src = shown;
  }
  image.hidden = !byId("unshown").hidden;
  byId("download").href = url;
  byId("download").download = result.filename;
  byId("facts").textContent = `${result.width} × ${result.height}`;
  const file = `${result.filename}, ${megabytes(result.processedSize)}`;
  byId("made").textContent = [file, ...result.warnings].join(". ");
}

function showNothing(isDrawn) {
  byId("after").hidden = true;
  byId("unshown").hidden = true;
  byId("facts").textContent = "";
  byId("made").textContent = isDrawn
    ? "Press Crop to get the file."
    : "This browser cannot show this format. Press Crop to get the file.";
}

byId("after").addEventListener("error", () => {
  byId("after").hidden = true;
  byId("unshown").hidden = false;
});
