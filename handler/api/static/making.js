// Requests the results of photos, each once, and saves them.

import { keepResult, resultOf } from "./album.js";
import { zipOf } from "./zip.js";

// Formats that browsers show in an image element.
const SHOWN = new Set(["image/jpeg", "image/png", "image/webp", "image/avif", "image/gif"]);
// Pixels; enough for the pane of the original.
const RENDERED_SIDE = 1600;
const PREVIEW = { format: "webp", quality: 80 };

/** Returns the result of a request, which is made unless the photo has it. */
export async function make(service, photo, request, how = {}) {
  const made = resultOf(photo, request);
  if (made) return made;
  const { blob, filename, plan, warnings } = await service.crop(photo, request.settings, how);
  const url = URL.createObjectURL(blob);
  const result = { blob, filename, url, warnings, shown: url, plan: plan ?? photo.plans.get(request.key) };
  if (!SHOWN.has(blob.type)) result.shown = await previewOf(service, photo, request, how);
  keepResult(photo, request, result);
  return result;
}

async function previewOf(service, photo, { settings }, { signal }) {
  const { blob } = await service.crop(photo, { ...settings, ...PREVIEW }, { signal });
  return URL.createObjectURL(blob);
}

/** Requests the whole photo in a format that the browser shows. */
export async function render(service, photo, { width, height }, signal) {
  const scale = Math.min(1, RENDERED_SIDE / Math.max(width, height));
  const [wide, high] = [width, height].map((side) => Math.max(1, Math.round(side * scale)));
  const settings = { mode: "subject", width: wide, height: high, ...PREVIEW };
  const { blob } = await service.crop(photo, settings, { signal });
  photo.rendered = URL.createObjectURL(blob);
  photo.image = new Image();
  photo.image.src = photo.rendered;
  await photo.image.decode();
}

/** Saves one file as it is, and several in a ZIP; returns the name and the size of what was saved. */
export async function save(results) {
  if (results.length === 1) return saveFile(results[0].filename, results[0].blob);
  return saveFile("smartcrop.zip", await zipOf(results));
}

function saveFile(filename, blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = filename;
  link.click();
  // The browser has read the link when the click is over, but starts the download later.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  return { filename, size: blob.size };
}
