// Requests to the service. What it cannot do is thrown as a Failure, in words for people.

const TOOL = "api/v1/tools/smart-crop";
// A form is a little larger than the file in it.
const FORM_BYTES = 10_000;
// How long the job that an upload starts is waited for, before its crop is asked for directly: a
// deployment may take uploads and have nobody who works through them.
const JOB_DELAYS = [0, 500, 1000, 2000, 3000];

export class Failure extends Error {}

export class Service {
  #limits = null;

  /** What the deployment can do; null where it does not say. */
  async health() {
    const { status, answer } = await send("GET", "api/v1/health");
    if (status !== 200) return null;
    this.#limits = answer.limits;
    return answer;
  }

  isTooLarge(file) {
    return this.#limits !== null && file.size + FORM_BYTES > this.#limits.maxBodyBytes;
  }

  analyze(photo, settings, { overlay = false, ...how } = {}) {
    return this.#ask(`${TOOL}/analyze${overlay ? "?overlay=true" : ""}`, photo, settings, how);
  }

  async crop(photo, settings, how = {}) {
    if (photo.upload === undefined && !this.isTooLarge(photo.file)) {
      return this.#ask(TOOL, photo, settings, how);
    }
    const upload = await this.#upload(photo, settings, how);
    const isOfUpload = upload.settings === JSON.stringify(settings);
    return (isOfUpload && (await ofJob(upload.jobUrl))) || this.#ask(TOOL, photo, settings, how);
  }

  /** Crops all of them, and answers where the ZIP of the results is. */
  async cropBatch(photos, settings, how = {}) {
    const bytes = photos.reduce((sum, { file }) => sum + file.size + FORM_BYTES, 0);
    const isUploaded = photos.some((photo) => photo.upload !== undefined);
    // The ZIP may be past what can be answered: its place never is.
    const asked = { accept: "application/json", ...how };
    if (isUploaded || bytes > (this.#limits?.maxBodyBytes ?? Infinity)) {
      const uploads = [];
      for (const photo of photos) uploads.push(await this.#upload(photo, settings, how));
      const json = { keys: uploads.map(({ key }) => key), settings };
      return finished(await send("POST", `${TOOL}/batch`, { ...asked, json }));
    }
    const body = new FormData();
    for (const { file } of photos) body.append("files", file);
    body.append("settings", JSON.stringify(settings));
    return finished(await send("POST", `${TOOL}/batch`, { ...asked, body }));
  }

  async #ask(url, photo, settings, how) {
    if (photo.upload === undefined && !this.isTooLarge(photo.file)) {
      const body = new FormData();
      body.append("file", photo.file);
      body.append("settings", JSON.stringify(settings));
      const direct = await send("POST", url, { body, ...how });
      if (direct.status !== 413 || this.#limits?.maxUploadBytes === null) return finished(direct);
    }
    const { key } = await this.#upload(photo, settings, how);
    return finished(await send("POST", url, { json: { key, settings }, signal: how.signal }));
  }

  // Once for a photo, whoever asks first: a change of settings does not send it again.
  #upload(photo, settings, { progress } = {}) {
    photo.upload ??= this.#sendToBucket(photo.file, settings, progress).catch((error) => {
      photo.upload = undefined;
      throw error;
    });
    return photo.upload;
  }

  async #sendToBucket(file, settings, progress) {
    const most = this.#limits?.maxUploadBytes;
    if (most === null) throw new Failure(tooLarge(file, this.#limits.maxBodyBytes));
    if (file.size > most) throw new Failure(tooLarge(file, most));
    const contentType = file.type.startsWith("image/") ? file.type : "image/unknown";
    const planned = { filename: file.name, contentType, settings };
    const form = finished(await send("POST", "api/v1/uploads", { json: planned }));
    const body = new FormData();
    for (const [name, value] of Object.entries(form.fields)) body.append(name, value);
    body.append("file", file);
    const { status } = await send("POST", form.url, { body, progress });
    if (status >= 300) throw new Failure(`The upload was refused (${status}).`);
    return { key: form.key, jobUrl: form.jobUrl.replace(/^\//, ""), settings: JSON.stringify(settings) };
  }
}

export function megabytes(bytes) {
  if (bytes < 1e6) return `${Math.ceil(bytes / 1e3)} kB`;
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

async function ofJob(url) {
  for (const delay of JOB_DELAYS) {
    await new Promise((resolve) => setTimeout(resolve, delay));
    const job = finished(await send("GET", url));
    if (job.state === "failed") throw new Failure(wordsOf(job));
    if (job.state === "done") return job;
  }
  return null;
}

function finished({ status, answer }) {
  if (status >= 200 && status < 300 && answer !== null) return answer;
  if (answer?.error) throw new Failure(wordsOf(answer));
  if (status === 413) throw new Failure("The photo is larger than this service takes.");
  throw new Failure(`The service is not able to answer at the moment (${status}). Try again.`);
}

const wordsOf = (answer) => [answer.error, answer.details].filter(Boolean).join(": ");

const tooLarge = (file, most) =>
  `${file.name} has ${megabytes(file.size)}; at most ${megabytes(most)} are taken here.`;

// XMLHttpRequest, because fetch does not tell how much was sent.
function send(method, url, { body, json, accept, progress, signal } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    if (json) request.setRequestHeader("Content-Type", "application/json");
    if (accept) request.setRequestHeader("Accept", accept);
    if (progress) {
      request.upload.onprogress = (event) => progress(event.loaded, event.total);
      request.upload.onloadend = () => progress(1, 1);
    }
    request.onload = () => resolve({ status: request.status, answer: parsed(request.responseText) });
    request.onerror = () => reject(new Failure("The service did not answer. Is there a connection?"));
    request.onabort = () => reject(new DOMException("Not wanted any more", "AbortError"));
    signal?.addEventListener("abort", () => request.abort());
    request.send(json ? JSON.stringify(json) : body);
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
