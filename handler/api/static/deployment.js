// Shows the features and the limits of the deployment.

import { megabytes } from "./words.js";

const byId = (id) => document.getElementById(id);

/** Disables the formats that the deployment lacks, and shows the accepted files. */
export function showDeployment(form, health) {
  if (health === null) return;
  byId("no-faces").hidden = health.features["face-detection"] !== false;
  for (const option of form.elements.format.options) {
    option.disabled = health.formats[option.value] === false;
  }
  const formats = Object.keys(health.formats).filter((name) => health.formats[name]);
  const most = health.limits.maxUploadBytes ?? health.limits.maxBodyBytes;
  byId("accepted").textContent = `${formats.join(", ").toUpperCase()}, up to ${megabytes(most)} each`;
}
