// The photos of the page, with their plans, their marks and their results.

// Results of a photo that are kept, so that a change of the settings can be undone without a request.
// More than the sizes that a request can have, so that none is made twice.
const MOST_RESULTS = 40;

/** Creates the photo of a file. */
export function photoOf(file) {
  const url = URL.createObjectURL(file);
  const image = new Image();
  image.src = url;
  return {
    file,
    url,
    image,
    // True if the browser cannot show the format; then the service renders the photo.
    unseen: false,
    rendered: null,
    // The plan and the overlay on the page, and all of the photo by the key of their request.
    plan: null,
    overlayUrl: null,
    plans: new Map(),
    overlays: new Map(),
    results: new Map(),
    warnings: [],
    // The message of its error, and the code in the answer of the service.
    error: null,
    code: null,
    marks: [],
    past: [],
    selected: null,
  };
}

/** Returns the result of a photo for a request, or null if it was not made. */
export const resultOf = (photo, { key }) => photo.results.get(key) ?? null;

/** Keeps a result, and forgets the oldest ones. */
export function keepResult(photo, { key }, result) {
  photo.results.set(key, result);
  for (const [oldest, { url, shown }] of photo.results) {
    if (photo.results.size <= MOST_RESULTS) return;
    [url, shown].forEach((each) => each && URL.revokeObjectURL(each));
    photo.results.delete(oldest);
  }
}

/** Frees the memory of a photo that is removed. */
export function release(photo) {
  [photo.url, photo.rendered].forEach((each) => each && URL.revokeObjectURL(each));
  for (const { url, shown } of photo.results.values()) {
    [url, shown].forEach((each) => each && URL.revokeObjectURL(each));
  }
}
