// Requests to the service. An error is thrown as a Failure with a message for the user.

import { megabytes, wordsOf } from "./words.js";

const TOOL = "api/v1/tools/smart-crop";
// Allowance for the multipart headers and the settings next to the file, in bytes.
const FORM_BYTES = 10_000;
// Milliseconds before each poll of the job that an upload starts. After the last poll the page
// requests the crop itself: a deployment may have an uploads bucket, but no events function.
const JOB_DELAYS = [0, 500, 1000, 2000, 3000];

export class Failure extends Error {
  /** `code` is the code of the service's answer, or undefined if there is none. */
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

export class Service {
  #limits = null;

  /** Returns the features and limits of the deployment, or null if it does not answer. */
  async health() {
    const { status, answer } = await send("GET", "api/v1/health");
    if (status !== 200) return null;
    this.#limits = answer.limits;
    return answer;
  }

  isTooLarge(file) {
    return this.#limits !== null && file.size + FORM_BYTES > this.#limits.maxBodyBytes;
  }

  async analyze(photo, settings, { overlay = false, ...how } = {}) {
    const url = `${TOOL}/analyze${overlay ? "?overlay=true" : ""}`;
    return finished(await this.#send(url, photo, settings, how));
  }

  /**
   * Returns one result: its file as a Blob, with its name, plan and warnings. The service does not
   * store it, unless it is too large for an answer.
   */
  async crop(photo, settings, how = {}) {
    if (photo.upload !== undefined || this.isTooLarge(photo.file)) {
      const upload = await this.#upload(photo, settings, how);
      const job = upload.settings === JSON.stringify(settings) ? await ofJob(upload.jobUrl) : null;
      if (job) return { ...job, blob: await fetched(job.downloadUrl) };
    }
    const answer = await this.#send(TOOL, photo, settings, { ...how, accept: "image/*", type: "blob" });
    return answer.blob ? pictureOf(answer) : finished(answer);
  }

  async #send(url, photo, settings, how) {
    if (photo.upload === undefined && !this.isTooLarge(photo.file)) {
      const body = new FormData();
      body.append("file", photo.file);
      body.append("settings", JSON.stringify(settings));
      const direct = await send("POST", url, { body, ...how });
      if (direct.status !== 413 || this.#limits?.maxUploadBytes === null) return direct;
    }
    const { key } = await this.#upload(photo, settings, how);
    return send("POST", url, { ...how, progress: null, json: { key, settings } });
  }

  // Uploads a photo once: a change of settings does not upload it again.
  #upload(photo, settings, { progress } = {}) {
    photo.upload ??= this.#sendToBucket(photo.file, settings, progress).catch((error) => {
      photo.upload = undefined;
      throw error;
    });
    return photo.upload;
  }

  async #sendToBucket(file, settings, progress) {
    const most = this.#limits?.maxUploadBytes;
    if (most === null) throw tooLarge(file, this.#limits.maxBodyBytes);
    if (file.size > most) throw tooLarge(file, most);
    const contentType = file.type.startsWith("image/") ? file.type : "image/unknown";
    const planned = { filename: file.name, contentType, settings };
    const form = finished(await send("POST", "api/v1/uploads", { json: planned }));
    const body = new FormData();
    for (const [name, value] of Object.entries(form.fields)) body.append(name, value);
    body.append("file", file);
    const { status } = await send("POST", form.url, { body, progress });
    if (status >= 300) throw new Failure(`The upload was rejected with status ${status}.`);
    return { key: form.key, jobUrl: form.jobUrl.replace(/^\//, ""), settings: JSON.stringify(settings) };
  }
}

async function ofJob(url) {
  for (const delay of JOB_DELAYS) {
    await new Promise((resolve) => setTimeout(resolve, delay));
    const job = finished(await send("GET", url));
    if (job.state === "failed") throw failureOf(job);
    if (job.state === "done") return job;
  }
  return null;
}

function finished({ status, answer }) {
  if (status >= 200 && status < 300 && answer !== null) return answer;
  if (answer?.error) throw failureOf(answer);
  if (status === 413) throw new Failure("The photo is larger than this service accepts.");
  throw new Failure(`The service failed with status ${status}. Try again.`);
}

const failureOf = (answer) => new Failure(wordsOf(answer), answer.code);

// Returns the picture of an answer, with the plan and the warnings of its headers. The plan is null
// for a file that the answer redirected to.
function pictureOf({ blob, url, header }) {
  const path = url.pathname.split("/");
  return {
    blob,
    filename: filenameOf(header("Content-Disposition") ?? "") ?? decodeURIComponent(path.pop()),
    plan: JSON.parse(header("X-Smart-Crop-Plan") ?? "null"),
    warnings: JSON.parse(header("X-Smart-Crop-Warnings") ?? "[]"),
  };
}

function filenameOf(disposition) {
  const encoded = /filename\*=UTF-8''([^;]+)/i.exec(disposition);
  if (encoded) return decodeURIComponent(encoded[1]);
  return /filename="([^"]*)"/.exec(disposition)?.[1];
}

async function fetched(url) {
  const { blob } = await send("GET", url, { type: "blob" });
  if (!blob) throw new Failure("The result could not be fetched. Try again.");
  return blob;
}

const tooLarge = (file, most) =>
  new Failure(`This file is ${megabytes(file.size)}. The service accepts at most ${megabytes(most)}.`, "BODY_TOO_LARGE");

// XMLHttpRequest, because fetch reports no upload progress.
function send(method, url, { body, json, accept, progress, signal, type = "text" } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    request.responseType = type;
    if (json) request.setRequestHeader("Content-Type", "application/json");
    if (accept) request.setRequestHeader("Accept", accept);
    if (progress) {
      request.upload.onprogress = (event) => progress(event.loaded, event.total);
      request.upload.onloadend = () => progress(1, 1);
    }
    request.onload = async () => resolve(await answerOf(request));
    request.onerror = () => reject(new Failure("The service did not respond. Check the network connection."));
    request.onabort = () => reject(new DOMException("A newer request replaces this one", "AbortError"));
    signal?.addEventListener("abort", () => request.abort());
    request.send(json ? JSON.stringify(json) : body);
  });
}

async function answerOf(request) {
  const { status, response } = request;
  const url = new URL(request.responseURL || location);
  // The headers of the bucket, to which the service redirects, are not for the page.
  const header = (name) => (url.origin === location.origin ? request.getResponseHeader(name) : null);
  const isFile = response instanceof Blob && status < 300;
  if (isFile) return { status, url, header, blob: response, answer: null };
  return { status, answer: parsed(response instanceof Blob ? await response.text() : response) };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
