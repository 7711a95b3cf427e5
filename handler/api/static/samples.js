// Sample photos for the empty page: drawings of the page, and a portrait by NASA, which is in the
// public domain.

import { imageOf } from "./dom.js";

// Coordinates of the drawings, and the width of their files in pixels.
const [WIDTH, HEIGHT] = [1500, 1000];
const FILE_WIDTH = 1800;
const THUMBNAIL = 210;

const SAMPLES = [
  { name: "Sailing boat", file: "sailing-boat.jpg", draw: drawBoat },
  { name: "Portrait", file: "portrait.jpg" },
  { name: "Product", file: "product.png", draw: drawProduct, mode: "trim" },
];

/** Adds a button for each sample; a press calls `chosen` with the file and its mode. */
export function showSamples(group, chosen) {
  for (const sample of SAMPLES) {
    const button = document.createElement("button");
    const name = document.createElement("span");
    name.textContent = sample.name;
    button.type = "button";
    button.append(sample.draw ? drawn(sample, THUMBNAIL) : imageOf(sample.file), name);
    button.addEventListener("click", async () => chosen(await fileOf(sample), sample.mode));
    group.append(button);
  }
}

function drawn({ draw }, width) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = Math.round((width * HEIGHT) / WIDTH);
  const context = canvas.getContext("2d");
  context.scale(width / WIDTH, width / WIDTH);
  draw(context);
  return canvas;
}

async function fileOf(sample) {
  const type = sample.file.endsWith(".png") ? "image/png" : "image/jpeg";
  const blob = sample.draw
    ? await new Promise((resolve) => drawn(sample, FILE_WIDTH).toBlob(resolve, type, 0.9))
    : await (await fetch(sample.file)).blob();
  return new File([blob], sample.file, { type });
}

function fill(context, colour, path) {
  context.fillStyle = colour;
  context.beginPath();
  path(context);
  context.fill();
}

const ellipse = (x, y, rx, ry = rx, turn = 0) => (context) => context.ellipse(x, y, rx, ry, turn, 0, 2 * Math.PI);
const polygon = (...points) => (context) => points.forEach(([x, y]) => context.lineTo(x, y));

function sky(context, top, bottom, height) {
  const gradient = context.createLinearGradient(0, 0, 0, height);
  gradient.addColorStop(0, top);
  gradient.addColorStop(1, bottom);
  context.fillStyle = gradient;
  context.fillRect(0, 0, WIDTH, height);
}

function drawBoat(context) {
  sky(context, "#7fb4dd", "#e8f1f4", 620);
  fill(context, "#8aa2ad", polygon([0, 620], [0, 520], [260, 430], [520, 560], [760, 480], [1060, 580], [1500, 470], [1500, 620]));
  const water = context.createLinearGradient(0, 620, 0, HEIGHT);
  water.addColorStop(0, "#5f95ad");
  water.addColorStop(1, "#27566e");
  context.fillStyle = water;
  context.fillRect(0, 620, WIDTH, 380);
  for (let line = 0; line < 60; line++) {
    const y = 640 + line * 6;
    const x = (line * 397) % WIDTH;
    fill(context, "#ffffff30", ellipse(x, y, 60 + line, 1.5));
  }
  fill(context, "#f4f1e8", polygon([1136, 640], [1136, 470], [1216, 640]));
  fill(context, "#d8402f", polygon([1124, 640], [1124, 500], [1064, 640]));
  fill(context, "#5b3a22", polygon([1050, 650], [1230, 650], [1204, 684], [1074, 684]));
  fill(context, "#3c2716", polygon([1127, 466], [1133, 466], [1133, 650], [1127, 650]));
}

function drawProduct(context) {
  context.fillStyle = "#fff";
  context.fillRect(0, 0, WIDTH, HEIGHT);
  const body = context.createLinearGradient(520, 0, 760, 0);
  ["#0a4f45", "#1f9a86", "#0b6e5f", "#07423a"].forEach((colour, index) => body.addColorStop(index / 3, colour));
  fill(context, body, (each) => each.roundRect(520, 330, 240, 500, 34));
  fill(context, body, polygon([560, 350], [600, 250], [680, 250], [720, 350]));
  fill(context, "#2b2b2b", (each) => each.roundRect(592, 180, 96, 84, 12));
  fill(context, "#f3efe4", (each) => each.roundRect(540, 470, 200, 210, 10));
  fill(context, "#0b6e5f", ellipse(640, 575, 62));
  fill(context, "#f3efe4", ellipse(640, 575, 30));
}
