// The peer's side of the comparison: a process that executes commands.
// It reads one JSON object per line and writes one answer per line; see peers.py.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import sharp from 'sharp';

sharp.concurrency(1);
sharp.cache(false);

let data = Buffer.alloc(0);

// Lossless formats and GIF, with the options of the handler.
const OPTIONS = {
  png: () => ({}),
  gif: () => ({}),
  tiff: () => ({ compression: 'deflate', predictor: 'horizontal' }),
};

const subject = (picture, { width, height, strategy }) =>
  picture.resize(width, height, { fit: 'cover', position: strategy });

const trim = (picture, { threshold }) => picture.trim({ threshold });

function window(mode, info) {
  if (mode === 'trim') {
    const { trimOffsetLeft, trimOffsetTop, width, height } = info;
    return { left: -(trimOffsetLeft ?? 0), top: -(trimOffsetTop ?? 0), width, height };
  }
  return { left: -(info.cropOffsetLeft ?? 0), top: -(info.cropOffsetTop ?? 0) };
}

const commands = {
  load({ path }) {
    data = readFileSync(path);
    return { bytes: data.length };
  },

  // Returns milliseconds of CPU (user and system, all threads) and of wall time.
  async crop({ mode, format, ...settings }) {
    const before = process.cpuUsage();
    const start = process.hrtime.bigint();
    const upright = sharp(data, { limitInputPixels: false }).autoOrient();
    const result = await (mode === 'trim' ? trim : subject)(upright, settings)
      .toFormat(format, OPTIONS[format]?.(settings.quality) ?? { quality: settings.quality })
      .toBuffer({ resolveWithObject: true });
    const wall = Number(process.hrtime.bigint() - start) / 1e6;
    const spent = process.cpuUsage(before);
    const cpu = (spent.user + spent.system) / 1e3;
    return { cpu, wall, bytes: result.data.length, ...window(mode, result.info) };
  },

  // Returns the file in base64.
  async result({ format, quality, ...settings }) {
    const result = await subject(sharp(data, { limitInputPixels: false }).autoOrient(), settings)
      .toFormat(format, OPTIONS[format]?.(quality) ?? { quality })
      .toBuffer();
    return { data: result.toString('base64') };
  },

  // Resizes all frames of an animation around the middle, and returns milliseconds of CPU.
  async animate({ format, width, height, quality }) {
    const before = process.cpuUsage();
    const result = await sharp(data, { animated: true, limitInputPixels: false })
      .resize(width, height, { fit: 'cover' })
      .toFormat(format, OPTIONS[format]?.(quality) ?? { quality })
      .toBuffer();
    const spent = process.cpuUsage(before);
    return { cpu: (spent.user + spent.system) / 1e3, bytes: result.length };
  },

  peak() {
    const status = readFileSync('/proc/self/status', 'utf8');
    return { kib: Number(/VmHWM:\s+(\d+)/.exec(status)[1]) };
  },

  versions() {
    return { node: process.version, sharp: sharp.versions.sharp, libvips: sharp.versions.vips };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  console.log(JSON.stringify(await commands[request.do](request)));
}
