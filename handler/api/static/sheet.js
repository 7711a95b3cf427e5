// The contact sheet: a card for each photo, with its results, its badges and its errors.

import { resultOf } from "./album.js";
import { badgesOfAll } from "./badges.js";
import { imageOf, updateList } from "./dom.js";
import { canSucceed, megabytes } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const byId = (id) => document.getElementById(id);

/** Shows a card for each photo; `requestsOf` returns the requests for the results of a photo. */
export function showSheet(photos, current, requestsOf) {
  byId("several").hidden = photos.length < 2;
  if (photos.length < 2) return;
  const focused = document.activeElement?.closest("#list li")?.dataset.key;
  updateList(byId("list"), photos.map((photo) => cardOf(photo, photo === current, requestsOf(photo))));
  // A card that is replaced loses the focus.
  if (focused && document.activeElement === document.body) byId("list").querySelector(`[data-key="${focused}"] button`)?.focus({ preventScroll: true });
}

/** Calls a function with the index of the photo whose card is pressed. */
export function watchSheet({ open, remove, retry }) {
  const actions = { open, remove, retry };
  byId("list").addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (!button) return;
    const cards = [...byId("list").children];
    actions[button.dataset.action](cards.indexOf(button.closest("li")));
  });
}

function cardOf(photo, isCurrent, requests) {
  const card = document.createElement("li");
  const results = requests.map((each) => resultOf(photo, each)).filter(Boolean);
  const isDone = results.length === requests.length;
  card.dataset.state = photo.busy ? "busy" : photo.error ? "failed" : isDone ? "done" : "new";
  card.dataset.key = photo.url;
  card.append(openButton(photo, isCurrent, results), outcomeOf(photo, requests, results));
  if (photo.error && canSucceed(photo)) card.append(buttonOf("retry", "Try again", `Try ${photo.file.name} again`));
  card.append(buttonOf("remove", "×", `Remove ${photo.file.name}`));
  return card;
}

function openButton(photo, isCurrent, results) {
  const button = buttonOf("open", "");
  button.setAttribute("aria-current", isCurrent);
  const pictures = document.createElement("span");
  pictures.className = "pictures";
  const urls = results.length > 0 ? results.map(({ shown }) => shown) : [photo.rendered ?? photo.url];
  pictures.append(...urls.map((url) => thumbnail(photo, url)));
  const name = document.createElement("strong");
  name.textContent = photo.file.name;
  button.append(pictures, name);
  return button;
}

function outcomeOf(photo, requests, results) {
  const outcome = document.createElement("p");
  outcome.className = "outcome";
  if (photo.busy) outcome.textContent = "Cropping…";
  else if (photo.error) outcome.textContent = photo.error;
  else if (results.length > 0) {
    const size = results.reduce((sum, { blob }) => sum + blob.size, 0);
    outcome.append(`${megabytes(size)} `);
  }
  if (!photo.error && !photo.busy) outcome.append(...badgesOfAll(plannedOf(photo, requests)));
  return outcome;
}

function plannedOf(photo, requests) {
  const planned = requests.map((request) => ({
    request,
    plan: resultOf(photo, request)?.plan ?? photo.plans.get(request.key),
  }));
  return planned.filter(({ plan }) => plan);
}

function buttonOf(action, text, label) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", textContent: text, className: action });
  button.dataset.action = action;
  if (label) button.ariaLabel = label;
  return button;
}

function thumbnail(photo, url) {
  if (url === photo.url && photo.unseen) return placeholder();
  const image = imageOf(url);
  image.addEventListener("error", () => {
    photo.unseen ||= url === photo.url;
    image.replaceWith(placeholder());
  });
  return image;
}

function placeholder() {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS(SVG, "use"));
  svg.firstChild.setAttribute("href", "#icon-photos");
  return svg;
}
