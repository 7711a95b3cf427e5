// Facts about a plan that a user may want to correct, as short labels.

import { counted } from "./words.js";

const FALLBACKS = { "no-faces": "no face: subject", "no-face-detection": "without faces" };

/** Returns the factor by which the result of a plan is enlarged; 1 if it is not. */
export function enlargementOf(plan, { settings, output }) {
  if (plan.mode === "trim" || settings.enlarge === false) return 1;
  const factor = Math.max(output.width / plan.crop.width, output.height / plan.crop.height);
  // The service warns from 1 % on.
  return factor >= 1.01 ? factor : 1;
}

/** Returns the largest size of the output's shape that the window fills without enlargement. */
export function largestSize(plan, request) {
  const factor = enlargementOf(plan, request);
  const { width, height } = request.output;
  return [Math.max(1, Math.floor(width / factor + 1e-6)), Math.max(1, Math.floor(height / factor + 1e-6))];
}

/** Returns a factor as text, such as 4.43×. */
export const times = (factor) => `${Number(factor.toFixed(2))}×`;

/** Creates the badges of an output with its plan. */
export const badgesOf = (plan, request) => badgesOfAll([{ plan, request }]);

/** Creates the badges of all outputs of a photo: those of the worst one. */
export function badgesOfAll(planned) {
  const most = (valueOf) => Math.max(0, ...planned.map(valueOf));
  const faces = most(({ plan }) => plan.faces.filter(({ chosen }) => chosen).length);
  const cut = most(({ plan }) => plan.facesCut);
  const factor = most(({ plan, request }) => enlargementOf(plan, request));
  const fallback = planned.map(({ plan }) => plan.fallback).find(Boolean);
  const facts = [
    faces > 0 && [counted(faces, "face"), "good"],
    fallback && [FALLBACKS[fallback] ?? fallback, "warn"],
    cut > 0 && [`${counted(cut, "face")} cut`, "warn"],
    factor > 1 && [`enlarged ${times(factor)}`, "warn"],
  ];
  return facts.filter(Boolean).map(([text, kind]) => {
    const badge = document.createElement("span");
    badge.className = `badge ${kind}`;
    badge.textContent = text;
    return badge;
  });
}
