// Shows the features and the limits of the deployment.

import { megabytes } from "./words.js";

// The formats that most photos have; the guide lists all.
const KNOWN = { jpeg: "JPEG", png: "PNG", webp: "WebP", gif: "GIF", avif: "AVIF", heic: "HEIC", jxl: "JPEG XL", tiff: "TIFF", svg: "SVG", psd: "PSD", raw: "camera raw" };

const byId = (id) => document.getElementById(id);

/** Disables the formats that the deployment lacks, and shows the accepted files. */
export function showDeployment(form, health) {
  if (health === null) return;
  byId("no-faces").hidden = health.features["face-detection"] !== false;
  for (const option of form.elements.format.options) {
    option.disabled = health.formats[option.value] === false;
  }
  const most = health.limits.maxUploadBytes ?? health.limits.maxBodyBytes;
  byId("accepted").textContent = `${formatsOf(health)}, up to ${megabytes(most)} each`;
}

function formatsOf({ formats }) {
  const accepted = Object.keys(formats).filter((name) => formats[name]);
  const known = Object.keys(KNOWN).filter((name) => accepted.includes(name)).map((name) => KNOWN[name]);
  const others = accepted.length - known.length;
  return known.join(", ") + (others > 0 ? ` and ${others} more formats` : "");
}
