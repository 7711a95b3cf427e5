// The pane of the original photo: the photo with its plan, the heat map, and errors.

import { clearPlan, describePlan, drawPlan, signsOf } from "./plan.js";
import { canSucceed, megabytes, otherWarnings } from "./words.js";

const byId = (id) => document.getElementById(id);

/** Returns whether the service has a heat map for these settings. */
const hasHeat = ({ mode, strategy }) => mode === "auto" || (mode === "subject" && strategy !== "entropy");

export class Original {
  #photo = null;

  constructor() {
    // The size of handles depends on that of the photo on the screen.
    new ResizeObserver(() => this.draw()).observe(byId("fitted"));
  }

  /** Calls `changed` when the plan has to be requested anew. */
  watch(changed) {
    byId("before").addEventListener("error", () => {
      byId("fitted").hidden = true;
      byId("unseen").hidden = Boolean(this.#photo?.error);
      if (!this.#photo || this.#photo.rendered) return;
      this.#photo.unseen = true;
      changed();
    });
    byId("heat").addEventListener("click", () => {
      byId("heat").ariaPressed = byId("heat").ariaPressed === "true" ? "false" : "true";
      changed();
    });
  }

  /** Shows a photo without a plan; null hides the pane. */
  show(photo) {
    this.#photo = photo;
    byId("original").hidden = photo === null;
    if (photo === null) return;
    byId("source").textContent = `${photo.file.name}, ${megabytes(photo.file.size)}`;
    byId("reason").textContent = "";
    clearPlan(byId("plan"));
    this.#showPicture(shownUrl(photo));
    byId("legend").hidden = byId("key").hidden = byId("failure").hidden = true;
    if (photo.error) this.showFailure(photo);
  }

  setBusy(isBusy) {
    if (isBusy) byId("original").setAttribute("aria-busy", "true");
    else byId("original").removeAttribute("aria-busy");
  }

  /** Returns whether the service has to draw the heat map. */
  needsOverlay(settings) {
    byId("heat").hidden = !hasHeat(settings);
    return !byId("heat").hidden && byId("heat").ariaPressed === "true";
  }

  /** Shows the plan of a photo. */
  showPlan(photo) {
    if (photo !== this.#photo || !photo.plan) return;
    byId("failure").hidden = true;
    byId("legend").hidden = !photo.overlayUrl;
    byId("reason").textContent = [describePlan(photo.plan), ...otherWarnings(photo.warnings)].join(" ");
    showKey(photo.plan);
    this.#showPicture(photo.overlayUrl ? new URL(photo.overlayUrl, location).href : shownUrl(photo));
    this.draw();
  }

  /** Draws the plan; `moved` is the item that is being dragged, at its new place. */
  draw(moved = null) {
    const photo = this.#photo;
    if (!photo?.plan) return;
    byId("plan").classList.toggle("still", moved !== null);
    // The overlay of the service already shows the window and the faces.
    if (photo.overlayUrl && !moved) clearPlan(byId("plan"));
    else drawPlan(byId("plan"), planWith(photo.plan, moved), marksWith(photo, moved));
  }

  /** Shows the error of a photo on it. */
  showFailure(photo) {
    clearPlan(byId("plan"));
    byId("reason").textContent = "";
    byId("legend").hidden = byId("key").hidden = byId("heat").hidden = byId("unseen").hidden = true;
    byId("retry").hidden = !canSucceed(photo);
    byId("fitted").hidden = photo.unseen && !photo.rendered;
    byId("failure").hidden = !photo.error;
    byId("failure-text").textContent = photo.error ?? "";
    this.setBusy(false);
  }

  #showPicture(url) {
    byId("unseen").hidden = true;
    byId("fitted").hidden = false;
    if (byId("before").src !== url) byId("before").src = url;
  }
}

// Names the signs that the plan has on the photo.
function showKey(plan) {
  const signs = signsOf(plan);
  byId("key").hidden = signs.size === 0;
  for (const sign of byId("key").querySelectorAll("[data-sign]")) sign.hidden = !signs.has(sign.dataset.sign);
}

const shownUrl = (photo) => photo.rendered ?? photo.url;

function planWith(plan, moved) {
  if (moved?.kind !== "window") return plan;
  const { source } = plan;
  const { left, top, width, height } = moved.place;
  const crop = {
    left: left * source.width,
    top: top * source.height,
    width: width * source.width,
    height: height * source.height,
  };
  return { ...plan, crop };
}

function marksWith(photo, moved) {
  const pixel = photo.plan.source.width / (byId("fitted").clientWidth || photo.plan.source.width);
  const isMark = moved !== null && moved.kind !== "window";
  const current = isMark ? { ...moved.item, place: moved.place } : photo.selected;
  const marks = isMark ? photo.marks.map((each) => (each === moved.item ? current : each)) : photo.marks;
  return { marks, selected: current, pixel };
}
