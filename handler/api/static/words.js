// Errors and facts about a plan, in the words of the user.

const NOT_A_PICTURE = "This file is not a picture in a format that the service reads.";
const BUSY = "The service is busy. Try again in a moment.";
const STORE = "The service cannot store results at the moment. Try again later.";
const NO_DETECTION = "Face detection does not work on this deployment. Choose a mode other than Face.";

// Errors that a file has with all settings. Another attempt cannot succeed.
const OF_FILE = new Set(["NO_IMAGE", "INVALID_IMAGE", "BODY_TOO_LARGE", "OBJECT_TOO_LARGE"]);

// By the code of the error; a function receives the error and the details of the answer.
const BY_CODE = {
  NO_IMAGE: () => "This file is empty.",
  INVALID_IMAGE: ({ error }) => ofInvalidImage(error.replace(/^Invalid image: /, "")),
  PROCESSING_FAILED: ({ details }) => `This picture cannot be cropped: ${sentence(details)}`,
  NO_FACES: () => "No face was found. Raise the sensitivity, or choose another mode.",
  OVER_BUDGET: ({ details }) => `The picture or its results are too large for the service: ${sentence(details)}`,
  BODY_TOO_LARGE: ({ details }) => `This file is larger than the service accepts: ${sentence(details)}`,
  OBJECT_TOO_LARGE: ({ details }) => `This file is larger than the service accepts: ${sentence(details)}`,
  INVALID_SETTINGS: ({ details }) => sentence(details),
  INVALID_REQUEST: ({ details }) => sentence(details),
  FEATURE_NOT_INSTALLED: () => NO_DETECTION,
  FEATURE_DAMAGED: () => NO_DETECTION,
  SERVER_BUSY: () => BUSY,
  OUT_OF_TIME: () => "The service had too little time for this picture. Try again, or use a smaller one.",
  DECODER_UNAVAILABLE: () => BUSY,
  STOPPED: () => BUSY,
  STORE_UNAVAILABLE: () => STORE,
  STORAGE_UNAVAILABLE: () => STORE,
};

/** Returns the message for an error answer of the service. */
export function wordsOf(answer) {
  const words = BY_CODE[answer.code];
  return words ? words(answer) : [answer.error, answer.details].filter(Boolean).join(": ");
}

/** Returns whether another attempt to crop a photo can succeed after its error. */
export const canSucceed = ({ code }) => !OF_FILE.has(code);

/** Returns the text with a capital letter at its start and a full stop at its end. */
export function sentence(text) {
  const start = (text ?? "").charAt(0).toUpperCase() + (text ?? "").slice(1);
  return start === "" || /[.!?]$/.test(start) ? start : `${start}.`;
}

/** Returns the number with its noun, such as "1 face" or "2 faces". */
export const counted = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** Returns a size in bytes as kB or MB. */
export function megabytes(bytes) {
  if (bytes < 1e6) return `${Math.ceil(bytes / 1e3)} kB`;
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

// The warning about a window that is wider than its framing. It names a setting that the page has no
// control for: the switch is on, as it is by default.
const WIDENED = /^facePreset: the \S+ window has (\S+ × \S+) pixels.*/;
const AS_WIDENED =
  "The window of this framing has $1 pixels. It was widened, as it would be enlarged more than twice. Choose a smaller size for a tighter crop";

/** Returns the warnings without those about enlargement, which the page shows with the result. */
export const otherWarnings = (warnings) =>
  warnings
    .filter((text) => !/^(The result is|Results are) enlarged/.test(text))
    .map((text) => sentence(text.replace(WIDENED, AS_WIDENED)));

const ofInvalidImage = (reason) =>
  reason.startsWith("unrecognised format") ? NOT_A_PICTURE : `This picture cannot be read: ${sentence(reason)}`;
