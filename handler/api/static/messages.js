// Messages next to the main button.

import { problemOf } from "./settings.js";

// The progress of a smaller upload is over before anyone can read it.
const PROGRESS_BYTES = 300_000;

const byId = (id) => document.getElementById(id);

/** Shows what the page does or did; empty text hides it. */
export function setStatus(text) {
  byId("status").textContent = text;
}

/** Shows an error of the settings; null hides it. */
export function setError(text) {
  byId("error").hidden = text === null;
  byId("error").textContent = text ?? "";
}

/** Shows the first invalid control of the form, and returns its problem; null if all are valid. */
export function showProblem(form) {
  const problem = problemOf(form);
  if (!problem) return null;
  setError(problem.text);
  problem.control.closest("details")?.setAttribute("open", "");
  problem.control.focus();
  return problem;
}

/** Shows the progress of an upload, in bytes. */
export function showProgress(sent, total) {
  const bar = byId("progress");
  bar.hidden = total < PROGRESS_BYTES || sent >= total;
  bar.value = sent / total;
}
