// The aspect ratios and the social media presets of the service, with their sizes in pixels.

// Name, width, height. The shorter side is 1080, as for aspect ratios in the `sizes` setting.
const SHAPES = [
  ["1:1", 1080, 1080],
  ["4:5", 1080, 1350],
  ["3:4", 1080, 1440],
  ["2:3", 1080, 1620],
  ["9:16", 1080, 1920],
  ["5:4", 1350, 1080],
  ["4:3", 1440, 1080],
  ["3:2", 1620, 1080],
  ["16:9", 1920, 1080],
];
const PRESETS = {
  Instagram: [
    ["Square", 1080, 1080],
    ["Portrait", 1080, 1350],
    ["Landscape", 1080, 566],
    ["Story", 1080, 1920],
    ["Profile", 320, 320],
  ],
  X: [
    ["Post", 1200, 675],
    ["Header", 1500, 500],
    ["Profile", 400, 400],
  ],
  Facebook: [
    ["Post", 1200, 630],
    ["Cover", 820, 312],
    ["Event", 1920, 1005],
    ["Profile", 170, 170],
  ],
  YouTube: [
    ["Thumbnail", 1280, 720],
    ["Banner", 2560, 1440],
    ["Profile", 800, 800],
  ],
  LinkedIn: [
    ["Post", 1200, 627],
    ["Banner", 1584, 396],
    ["Profile", 400, 400],
  ],
  TikTok: [
    ["Cover", 1080, 1920],
    ["Profile", 200, 200],
  ],
  WhatsApp: [["Profile", 500, 500]],
  Pinterest: [["Pin", 1000, 1500]],
  Threads: [["Post", 1080, 1080]],
};

// The name of a preset in the setting `sizes`, such as instagram-story.
const slug = (medium, name) => `${medium}-${name}`.toLowerCase();
const NAMED = [
  ...SHAPES,
  ...Object.entries(PRESETS).flatMap(([medium, sizes]) =>
    sizes.map(([name, ...sides]) => [slug(medium, name), ...sides]),
  ),
];
const PLAIN = /^([1-9]\d{0,4})x([1-9]\d{0,4})$/;

const SVG = "http://www.w3.org/2000/svg";

/** Fills the group with a checkbox for each shape. */
export function fillShapes(group) {
  group.append(
    ...SHAPES.map(([name, width, height]) => {
      const label = document.createElement("label");
      const input = document.createElement("input");
      Object.assign(input, { type: "checkbox", name: "shape", value: name });
      const text = document.createElement("span");
      text.textContent = name;
      label.append(input, rectangle(width / height), text);
      return label;
    }),
  );
}

export function fillPresets(select) {
  for (const [medium, sizes] of Object.entries(PRESETS)) {
    const group = document.createElement("optgroup");
    group.label = medium;
    for (const [name, width, height] of sizes) {
      group.append(new Option(`${medium} ${name.toLowerCase()}, ${width} × ${height}`, slug(medium, name)));
    }
    select.append(group);
  }
}

/** Returns the output with a name such as 16:9, x-post or 300x200, or null if there is none. */
export function outputNamed(name) {
  const preset = NAMED.find(([each]) => each === name);
  if (preset) return { name, width: preset[1], height: preset[2] };
  const [, width, height] = PLAIN.exec(name) ?? [];
  return width ? outputOfSize(Number(width), Number(height)) : null;
}

/** Returns the output with these sides; its name is that of the shape of the same size. */
export function outputOfSize(width, height) {
  const shape = SHAPES.find(([, w, h]) => w === width && h === height);
  return { name: shape?.[0] ?? `${width}x${height}`, width, height };
}

/** Returns the name of an output for people. */
export function titleOf({ name, width, height }) {
  if (PLAIN.test(name)) return `${width} × ${height}`;
  for (const [medium, sizes] of Object.entries(PRESETS)) {
    const preset = sizes.find(([each]) => slug(medium, each) === name);
    if (preset) return `${medium} ${preset[0].toLowerCase()}`;
  }
  return name;
}

function rectangle(aspect) {
  const [width, height] = aspect > 1 ? [20, 20 / aspect] : [20 * aspect, 20];
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const rect = document.createElementNS(SVG, "rect");
  const place = { x: (24 - width) / 2, y: (24 - height) / 2, width, height, rx: 1.5 };
  for (const [name, value] of Object.entries(place)) rect.setAttribute(name, value);
  svg.append(rect);
  return svg;
}
