// Makes the golden pictures anew, with sharp 0.35.5, as the reference cuts:
//   python -m tests.golden.draw FOLDER && node tests/golden/remake.mjs FOLDER
// after `npm install` in tests/bench. FONTCONFIG_FILE names a configuration of fontconfig whose only
// fonts are those of the package fontpkg-arimo, for svg-text.png.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const sharp = createRequire(new URL("../bench/", import.meta.url))("sharp");
const cases = JSON.parse(readFileSync(new URL("cases.json", import.meta.url)));

for (const { name, file, width, height, padding = 0, strategy = "attention" } of cases) {
  const oversized = [width, height].map((side) => Math.round(side * (1 + padding / 100)));
  const cropped = await sharp(`${process.argv[2]}/${file}`)
    .rotate()
    .resize(...oversized, { fit: "cover", position: strategy })
    .png()
    .toBuffer();
  const centred = {
    left: Math.round((oversized[0] - width) / 2),
    top: Math.round((oversized[1] - height) / 2),
    width,
    height,
  };
  await sharp(cropped)
    .extract(centred)
    .png({ compressionLevel: 9 })
    .toFile(new URL(`${name}.png`, import.meta.url).pathname);
}

await sharp(new URL("svg-text.svg", import.meta.url).pathname)
  .png({ compressionLevel: 9, palette: true, colours: 64, dither: 0 })
  .toFile(new URL("svg-text.png", import.meta.url).pathname);
