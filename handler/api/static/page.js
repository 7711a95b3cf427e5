// Connects the form, the photos, the plans and the results.

import { photoOf, release, resultOf } from "./album.js";
import { readAddress, writeAddress } from "./address.js";
import { showDeployment } from "./deployment.js";
import { watchDrags } from "./drag.js";
import { watchFiles } from "./files.js";
import { make, render, save } from "./making.js";
import { showMarks, watchMarks } from "./mark_list.js";
import { setError, setStatus, showProblem, showProgress } from "./messages.js";
import { activate, activeOutput, removeOutput, resize } from "./outputs.js";
import { Original } from "./original.js";
import { showCode, watchCode } from "./request_code.js";
import { showResults } from "./result.js";
import { showSamples } from "./samples.js";
import { Failure, Service } from "./service.js";
import { problemOf, requestsOf, settingsOf, showForm, watchForm } from "./settings.js";
import { showSheet, watchSheet } from "./sheet.js";
import { watchViewer } from "./viewer.js";
import { canSucceed, counted, megabytes } from "./words.js";

// Long enough not to send a request for every step of a slider, short enough to feel live.
const SETTLED_MS = 250;
// Above this, results are made only on request: each sends the photo again.
const LIVE_BYTES = 40_000_000;
// Errors of the settings; all others belong to their photo.
const OF_SETTINGS = new Set(["INVALID_SETTINGS", "INVALID_REQUEST", "SETTINGS_NOT_JSON"]);

const byId = (id) => document.getElementById(id);
const form = byId("form");
const service = new Service();
const original = new Original();

let photos = [];
let current = null;
let live = new AbortController();
let timer = 0;

const requests = (photo) => requestsOf(form, photo);
const isBusy = () => byId("crop").getAttribute("aria-disabled") === "true";

// --- The photos ----------------------------------------------------------------------------------

function addPhotos(files) {
  const added = files.map(photoOf);
  photos = [...photos, ...added];
  setStatus("");
  show(added[0]);
}

function remove(photo) {
  release(photo);
  const index = photos.indexOf(photo);
  photos = photos.filter((each) => each !== photo);
  if (photo === current) show(photos[index] ?? photos[index - 1] ?? null);
  else refresh();
}

function show(photo) {
  live.abort();
  current = photo;
  document.body.classList.toggle("chosen", photo !== null);
  byId("pick-title").textContent = photo ? "Add photos" : "Choose photos";
  original.show(photo);
  showMarks(photo);
  if (photo === null) {
    byId("result").hidden = true;
    setStatus("Choose a photo to start.");
  }
  photo?.image.addEventListener("load", () => photo === current && refresh(), { once: true });
  refresh();
  planNow();
}

function refresh() {
  const settings = settingsOf(form, current);
  showCode(current?.file.name ?? "photo.jpg", settings, {
    isTooLarge: current !== null && service.isTooLarge(current.file),
  });
  if (current) showResults(current, requests(current), activeOutput());
  showSheet(photos, current, requests);
  const possible = photos.filter((photo) => !photo.error || canSucceed(photo));
  const files = possible.length * (current ? requests(current).length : 1);
  byId("crop").textContent = files > 1 ? `Download ${files} files` : "Download";
  byId("crop").disabled = possible.length === 0;
}

// --- The live plan and the live results ----------------------------------------------------------

function settle() {
  refresh();
  clearTimeout(timer);
  live.abort();
  timer = setTimeout(planNow, SETTLED_MS);
}

async function planNow() {
  clearTimeout(timer);
  live.abort();
  const photo = current;
  const problem = problemOf(form);
  setError(problem?.text ?? null);
  if (photo === null || problem) return;
  live = new AbortController();
  const { signal } = live;
  original.setBusy(true);
  try {
    await plan(photo, signal);
    if (!signal.aborted) await makeLive(photo, signal);
  } catch (error) {
    if (signal.aborted) return;
    fail(photo, error);
  }
  if (!signal.aborted) original.setBusy(false);
}

async function plan(photo, signal) {
  const asked = requests(photo);
  const settings = settingsOf(form, photo);
  const overlay = original.needsOverlay(settings);
  const answer = await service.analyze(photo, settings, { signal, progress: showProgress, overlay });
  if (signal.aborted) return;
  photo.plans.clear();
  asked.forEach(({ key }, index) => {
    const planned = answer.results?.[index] ?? answer;
    photo.plans.set(key, planned.plan);
    photo.overlays.set(key, planned.overlayUrl);
  });
  Object.assign(photo, { error: null, warnings: answer.warnings });
  showPlan(photo);
  if (photo.unseen && !photo.rendered) {
    await render(service, photo, answer.plan.source, signal);
    if (!signal.aborted) showPlan(photo);
  }
  original.setBusy(false);
  refresh();
}

function showPlan(photo) {
  const asked = requests(photo);
  const { key } = asked.find(({ output }) => output === activeOutput()) ?? asked[0];
  photo.plan = photo.plans.get(key) ?? photo.plan;
  photo.overlayUrl = photo.overlays.get(key) ?? null;
  original.showPlan(photo);
}

async function makeLive(photo, signal) {
  const asked = requests(photo);
  if (photo.file.size * asked.length > LIVE_BYTES || isBusy()) return;
  for (const request of asked) {
    await make(service, photo, request, { signal });
    if (signal.aborted) return;
    refresh();
  }
}

function fail(photo, error) {
  if (!(error instanceof Failure)) console.error(error);
  const text = error instanceof Failure ? error.message : "An error occurred in the page. Reload it.";
  if (OF_SETTINGS.has(error.code)) setError(text);
  else Object.assign(photo, { error: text, code: error.code });
  photo.plan = null;
  photo.plans.clear();
  if (photo === current) {
    original.showFailure(photo);
    byId("result").hidden = true;
  }
  refresh();
}

// --- The download --------------------------------------------------------------------------------

async function cropAll(afterwards) {
  // Not `disabled`: the button would lose the keyboard focus.
  if (isBusy() || showProblem(form)) return;
  live.abort();
  byId("crop").setAttribute("aria-disabled", "true");
  setError(null);
  const all = photos;
  const words = [];
  try {
    const results = await makeAll(all);
    if (results.length > 0) words.push(await afterwards(results));
  } finally {
    byId("crop").removeAttribute("aria-disabled");
  }
  const failed = all.filter(({ error }) => error).length;
  if (failed > 0) words.push(`${failed} of ${counted(all.length, "photo")} failed.`);
  // The settings may have changed in the meantime.
  if (current && !current.error && requests(current).some((request) => !resultOf(current, request))) settle();
  setStatus(words.join(" "));
}

async function makeAll(all) {
  const jobs = all.flatMap((photo) => requests(photo).map((request) => ({ photo, request })));
  all.forEach((photo) => Object.assign(photo, { error: null }));
  const results = [];
  for (const [index, { photo, request }] of jobs.entries()) {
    setStatus(jobs.length > 1 ? `Cropping ${index + 1} of ${jobs.length}…` : "Cropping…");
    if (!photo.error) results.push(await makeOne(photo, request));
  }
  showProgress(1, 1);
  return results.filter(Boolean);
}

async function makeOne(photo, request) {
  if (resultOf(photo, request)) return resultOf(photo, request);
  photo.busy = true;
  refresh();
  try {
    return await make(service, photo, request, { progress: showProgress });
  } catch (error) {
    fail(photo, error);
    return null;
  } finally {
    photo.busy = false;
    refresh();
  }
}

async function saveAll(results) {
  const { filename, size } = await save(results);
  const files = results.length > 1 ? ` with ${results.length} files` : "";
  return `Saved ${filename}${files}, ${megabytes(size)}.`;
}

// --- The controls --------------------------------------------------------------------------------

function retry(photo) {
  photo.error = null;
  show(photo);
}

function changeOutputs(change) {
  change();
  writeAddress(form);
  settle();
}

function pressCard({ target }) {
  const button = target.closest("button");
  const output = button && requests(current).find((each) => each.output.name === button.value)?.output;
  if (!output) return;
  if (button.className === "remove") changeOutputs(() => removeOutput(output));
  else {
    activate(output);
    showPlan(current);
    refresh();
  }
}

readAddress(form);
watchForm(form, () => {
  setStatus("");
  writeAddress(form);
  settle();
});
watchMarks(settle);
watchDrags(() => current, () => form.elements.mode.value !== "trim", {
  dragged: (photo, moved) => original.draw(moved),
  changed: (photo) => {
    showMarks(photo);
    original.draw();
    settle();
  },
});
watchCode(refresh);
watchViewer();
watchFiles(byId("file"), addPhotos);
showSamples(byId("samples"), (file, mode) => {
  if (mode) form.elements.mode.value = mode;
  showForm(form);
  writeAddress(form);
  addPhotos([file]);
});
watchSheet({
  open: (index) => show(photos[index]),
  remove: (index) => remove(photos[index]),
  retry: (index) => retry(photos[index]),
});
original.watch(planNow);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  cropAll(saveAll);
});
byId("all").addEventListener("click", () => cropAll((results) => `Cropped ${counted(results.length, "file")}.`));
byId("remove").addEventListener("click", () => remove(current));
byId("retry").addEventListener("click", () => retry(current));
byId("strip").addEventListener("click", pressCard);
byId("shrink").addEventListener("click", ({ target }) => {
  changeOutputs(() => resize(...target.value.split("x").map(Number)));
});
addEventListener("hashchange", () => {
  readAddress(form);
  settle();
});
refresh();
service.health().then((health) => showDeployment(form, health), (error) => setError(error.message));
