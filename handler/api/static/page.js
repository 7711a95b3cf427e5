// Connects the form, the photos, the plan and the results.

import { clearConstraints } from "./constraints.js";
import { createRow, showOutcome, watchFiles } from "./photos.js";
import { clearPlan, describePlan, drawPlan } from "./plan.js";
import { showCode, watchCode } from "./request_code.js";
import { showResult } from "./result.js";
import { Failure, Service, megabytes } from "./service.js";
import { problemOf, settingsOf, watchForm } from "./settings.js";

// Long enough not to send a request for every step of a slider, short enough to feel live.
const SETTLED_MS = 250;
// The progress of a smaller upload is over before anyone can read it.
const PROGRESS_BYTES = 300_000;

const byId = (id) => document.getElementById(id);
const form = byId("form");
const service = new Service();

let photos = [];
let current = null;
let planning = new AbortController();
let timer = 0;

function setStatus(text) {
  byId("status").textContent = text;
}

function setError(text) {
  byId("error").hidden = text === null;
  byId("error").textContent = text ?? "";
}

function showProgress(sent, total) {
  const bar = byId("progress");
  bar.hidden = total < PROGRESS_BYTES || sent >= total;
  bar.value = sent / total;
}

function setPhotos(files) {
  photos.forEach((photo) => URL.revokeObjectURL(photo.url));
  clearConstraints();
  photos = files.map((file) => ({ file, url: URL.createObjectURL(file) }));
  byId("several").hidden = photos.length < 2;
  byId("list").replaceChildren(
    ...photos.map((photo) => {
      photo.listed = createRow(photo, () => show(photo));
      return photo.listed.row;
    }),
  );
  byId("crop").textContent = photos.length > 1 ? `Crop ${photos.length} photos` : "Crop";
  byId("crop").disabled = false;
  document.body.classList.add("chosen");
  byId("packed").textContent = "";
  setStatus(photos.length > 1 ? `${photos.length} photos.` : "");
  show(photos[0]);
}

function show(photo) {
  current = photo;
  photos.forEach((each) => each.listed.button.setAttribute("aria-current", each === photo));
  photo.unseen = false;
  photo.image = new Image();
  photo.image.addEventListener("load", () => photo === current && refresh());
  photo.image.src = photo.url;
  byId("original").hidden = false;
  byId("source").textContent = `${photo.file.name}, ${megabytes(photo.file.size)}`;
  byId("reason").textContent = "";
  clearPlan(byId("plan"));
  showPicture(photo.url);
  refresh();
  plan();
}

function showPicture(url) {
  byId("unseen").hidden = true;
  byId("fitted").hidden = false;
  if (byId("before").src !== url) byId("before").src = url;
}

function refresh() {
  const settings = settingsOf(form);
  showCode(current?.file.name ?? "photo.jpg", settings, {
    isTooLarge: current !== null && service.isTooLarge(current.file),
  });
  if (current !== null) showResult(current, settings);
}

// --- The live plan -------------------------------------------------------------------------------

function planSoon() {
  clearTimeout(timer);
  planning.abort();
  timer = setTimeout(plan, SETTLED_MS);
}

async function plan() {
  clearTimeout(timer);
  planning.abort();
  const photo = current;
  const problem = problemOf(form);
  setError(problem?.text ?? null);
  if (photo === null || problem) return;
  planning = new AbortController();
  const { signal } = planning;
  const settings = settingsOf(form);
  const { mode, strategy } = settings;
  const hasHeat = mode === "auto" || (mode === "subject" && strategy !== "entropy");
  byId("heat").hidden = !hasHeat;
  const heat = hasHeat && byId("heat").ariaPressed === "true";
  const how = { signal, progress: showProgress, overlay: heat || photo.unseen };
  byId("original").setAttribute("aria-busy", "true");
  try {
    const answer = await service.analyze(photo, settings, how);
    if (signal.aborted) return;
    photo.plan = answer.plan;
    photo.planned = settings;
    showPlan(photo, answer);
  } catch (error) {
    if (signal.aborted) return;
    photo.plan = null;
    clearPlan(byId("plan"));
    byId("reason").textContent = "";
    byId("original").hidden = photo.unseen;
    setError(messageOf(error));
  }
  refresh();
  byId("original").removeAttribute("aria-busy");
}

function showPlan(photo, answer) {
  byId("original").hidden = false;
  byId("reason").textContent = [describePlan(answer.plan), ...answer.warnings].join(" ");
  // The overlay of the service already shows the window and the faces.
  if (answer.overlayUrl) clearPlan(byId("plan"));
  else drawPlan(byId("plan"), answer.plan);
  showPicture(answer.overlayUrl ? new URL(answer.overlayUrl, location).href : photo.url);
}

function cannotShow() {
  byId("fitted").hidden = true;
  byId("unseen").hidden = false;
  if (current.unseen) return;
  current.unseen = true;
  plan();
}

function messageOf(error) {
  if (!(error instanceof Failure)) console.error(error);
  return error instanceof Failure ? error.message : "An error occurred in the page. Reload it.";
}

// --- The crop ------------------------------------------------------------------------------------

async function cropAll(event) {
  event.preventDefault();
  const problem = problemOf(form);
  if (problem) {
    setError(problem.text);
    problem.control.focus();
    return;
  }
  const settings = settingsOf(form);
  const button = byId("crop");
  // Not `disabled`: the button would lose the keyboard focus.
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  setError(null);
  const all = photos;
  for (const [index, photo] of all.entries()) {
    setStatus(all.length > 1 ? `Cropping ${index + 1} of ${all.length}…` : "Cropping…");
    await crop(photo, settings);
  }
  button.removeAttribute("aria-disabled");
  if (all === photos) summarize();
}

async function pack() {
  const problem = problemOf(form);
  if (problem || byId("zip").getAttribute("aria-disabled") === "true") return;
  byId("zip").setAttribute("aria-disabled", "true");
  byId("packed").textContent = "Creating the ZIP…";
  try {
    const how = { progress: showProgress };
    const answer = await service.cropBatch(photos, settingsOf(form), how);
    const failed = answer.files.filter(({ error }) => error).length;
    byId("packed").textContent = failed > 0 ? `${failed} of ${photos.length} failed.` : "";
    download(answer);
  } catch (error) {
    byId("packed").textContent = messageOf(error);
  }
  byId("zip").removeAttribute("aria-disabled");
}

function download({ downloadUrl, filename }) {
  const link = document.createElement("a");
  link.href = downloadUrl;
  link.download = filename;
  link.click();
}

async function crop(photo, settings) {
  showOutcome(photo.listed, { busy: true });
  try {
    photo.result = await service.crop(photo, settings, { progress: showProgress });
    photo.made = JSON.stringify(settings);
    photo.error = null;
  } catch (error) {
    photo.result = null;
    photo.error = messageOf(error);
  }
  showProgress(1, 1);
  showOutcome(photo.listed, photo);
  if (photo === current) refresh();
}

function summarize() {
  const failed = photos.filter((photo) => photo.error);
  const done = photos.length - failed.length;
  setStatus(photos.length === 1 && done === 1 ? "Done." : done > 0 ? `${done} of ${photos.length} done.` : "");
  if (photos.length === 1) setError(failed[0]?.error ?? null);
  else if (failed.length > 0) setError(`${failed.length} of ${photos.length} could not be cropped.`);
  byId("result").scrollIntoView({ block: "nearest" });
}

// --- The features of the deployment --------------------------------------------------------------

function showHealth(health) {
  if (health === null) return;
  byId("no-faces").hidden = health.features["face-detection"] !== false;
  for (const option of form.elements.format.options) {
    option.disabled = health.formats[option.value] === false;
  }
  const formats = Object.keys(health.formats).filter((name) => health.formats[name]);
  const most = health.limits.maxUploadBytes ?? health.limits.maxBodyBytes;
  byId("accepted").textContent = `${formats.join(", ").toUpperCase()}, up to ${megabytes(most)} each`;
}

watchForm(form, () => {
  refresh();
  if (photos.length === 1) setStatus("");
  planSoon();
});
watchCode(refresh);
watchFiles(byId("file"), setPhotos);
form.addEventListener("submit", cropAll);
byId("zip").addEventListener("click", pack);
byId("before").addEventListener("error", cannotShow);
byId("heat").addEventListener("click", (event) => {
  const { ariaPressed } = event.target;
  event.target.ariaPressed = ariaPressed === "true" ? "false" : "true";
  plan();
});
service.health().then(showHealth, (error) => setError(messageOf(error)));
