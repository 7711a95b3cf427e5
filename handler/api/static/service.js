// Requests to the service. An error is thrown as a Failure with a message for the user.

const TOOL = "api/v1/tools/smart-crop";
// Allowance for the multipart headers and the settings next to the file, in bytes.
const FORM_BYTES = 10_000;
// Milliseconds before each poll of the job that an upload starts. After the last poll the page
// requests the crop itself: a deployment may have an uploads bucket, but no events function.
const JOB_DELAYS = [0, 500, 1000, 2000, 3000];

export class Failure extends Error {}

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

  analyze(photo, settings, { overlay = false, ...how } = {}) {
    return this.#ask(`${TOOL}/analyze${overlay ? "?overlay=true" : ""}`, photo, settings, how);
  }

  async crop(photo, settings, how = {}) {
    if (photo.upload === undefined && !this.isTooLarge(photo.file)) {
      return this.#ask(TOOL, photo, settings, how);
    }
    const upload = await this.#upload(photo, settings, how);
    const hasSameSettings = upload.settings === JSON.stringify(settings);
    return (hasSameSettings && (await ofJob(upload.jobUrl))) || this.#ask(TOOL, photo, settings, how);
  }

  /** Crops all photos, and returns the link to the ZIP of the results. */
  async cropBatch(photos, settings, how = {}) {
    const bytes = photos.reduce((sum, { file }) => sum + file.size + FORM_BYTES, 0);
    const isUploaded = photos.some((photo) => photo.upload !== undefined);
    // A large ZIP exceeds the response limit of Lambda; a JSON response with its link does not.
    const options = { accept: "application/json", ...how };
    if (isUploaded || bytes > (this.#limits?.maxBodyBytes ?? Infinity)) {
      const uploads = [];
      for (const photo of photos) uploads.push(await this.#upload(photo, settings, how));
      const json = { keys: uploads.map(({ key }) => key), settings };
      return finished(await send("POST", `${TOOL}/batch`, { ...options, json }));
    }
    const body = new FormData();
    for (const { file } of photos) body.append("files", file);
    body.append("settings", JSON.stringify(settings));
    return finished(await send("POST", `${TOOL}/batch`, { ...options, body }));
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
    if (most === null) throw new Failure(tooLarge(file, this.#limits.maxBodyBytes));
    if (file.size > most) throw new Failure(tooLarge(file, most));
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

export function megabytes(bytes) {
  if (bytes < 1e6) return `${Math.ceil(bytes / 1e3)} kB`;
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

async function ofJob(url) {
  for (const delay of JOB_DELAYS) {
    await new Promise((resolve) => setTimeout(resolve, delay));
    const job = finished(await send("GET", url));
    if (job.state === "failed") throw new Failure(messageOf(job));
    if (job.state === "done") return job;
  }
  return null;
}

function finished({ status, answer }) {
  if (status >= 200 && status < 300 && answer !== null) return answer;
  if (answer?.error) throw new Failure(messageOf(answer));
  if (status === 413) throw new Failure("The photo is larger than this service accepts.");
  throw new Failure(`The service failed with status ${status}. Try again.`);
}

const messageOf = (answer) => [answer.error, answer.details].filter(Boolean).join(": ");

const tooLarge = (file, most) =>
  `${file.name}: expected at most ${megabytes(most)}, received ${megabytes(file.size)}`;

// XMLHttpRequest, because fetch reports no upload progress.
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
    request.onerror = () => reject(new Failure("The service did not respond. Check the network connection."));
    request.onabort = () => reject(new DOMException("A newer request replaces this one", "AbortError"));
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
