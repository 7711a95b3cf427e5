// Draws a preview of the crop from the plan, without a request for the crop.

// Pixels; enough for a sharp preview at the size of its pane.
const LONG_SIDE = 1400;

/** Returns the width and height of the crop that a plan and its settings make. */
export function outputOf({ mode, crop }, settings) {
  if (mode !== "trim") {
    const { width, height } = settings;
    const isEnlarged = width > crop.width || height > crop.height;
    return isEnlarged && settings.enlarge === false
      ? { width: Math.min(width, crop.width), height: Math.min(height, crop.height) }
      : { width, height };
  }
  if (!settings.padToSquare) return { width: crop.width, height: crop.height };
  const side = settings.targetSize ?? Math.max(crop.width, crop.height);
  return { width: side, height: side };
}

/** Draws the result of a plan on a canvas, whose longer side has at most `longest` pixels. */
export function drawPreview(canvas, image, plan, settings, longest = LONG_SIDE) {
  const output = outputOf(plan, settings);
  const scale = Math.min(1, longest / Math.max(output.width, output.height));
  canvas.width = Math.max(1, Math.round(output.width * scale));
  canvas.height = Math.max(1, Math.round(output.height * scale));
  const { left, top, width, height } = plan.crop;
  const at = placeOf(canvas, plan, settings);
  const context = canvas.getContext("2d");
  if (settings.padToSquare && settings.padColor !== "transparent") {
    context.fillStyle = settings.padColor ?? "#ffffff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.clearRect(at.x, at.y, at.width, at.height);
  }
  context.imageSmoothingQuality = "high";
  // The service renders photos that the browser cannot show, at a smaller scale.
  const shown = image.naturalWidth / plan.source.width;
  const from = [left, top, width, height].map((each) => each * shown);
  context.drawImage(image, ...from, at.x, at.y, at.width, at.height);
}

// Returns the rectangle of the crop on the canvas: centred in a padded square, else all of it.
function placeOf(canvas, { mode, crop }, { padToSquare, targetSize, enlarge }) {
  const all = { x: 0, y: 0, width: canvas.width, height: canvas.height };
  if (mode !== "trim" || !padToSquare) return all;
  const longest = Math.max(crop.width, crop.height);
  const filled = enlarge === false ? Math.max(longest, targetSize ?? 0) : longest;
  const scale = canvas.width / filled;
  const [width, height] = [crop.width * scale, crop.height * scale];
  return { x: (canvas.width - width) / 2, y: (canvas.height - height) / 2, width, height };
}
