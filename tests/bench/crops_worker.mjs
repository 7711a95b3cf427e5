// The peers' side of `make bench-crops`: a process that returns the windows of the peers.
// It reads one JSON object per line and writes one answer per line; see peers.py.
import { createInterface } from 'node:readline';
import sharp from 'sharp';
import smartcrop from 'smartcrop';

sharp.concurrency(1);

// How smartcrop.js reads a picture: sharp resizes it and returns RGBA.
const imageOperations = {
  async open(path) {
    const { width, height } = await sharp(path).metadata();
    return { path, width, height };
  },
  async resample({ path }, width, height) {
    return { path, width: Math.floor(width), height: Math.floor(height) };
  },
  async getData({ path, width, height }) {
    const pixels = sharp(path).resize(width, height, { fit: 'fill' }).ensureAlpha().raw();
    return new smartcrop.ImgData(width, height, await pixels.toBuffer());
  },
};

const commands = {
  // Returns sharp's window in pixels of the resized picture.
  async sharp({ path, width, height, strategy }) {
    const { info } = await sharp(path)
      .resize(width, height, { fit: 'cover', position: strategy })
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { left: -(info.cropOffsetLeft ?? 0), top: -(info.cropOffsetTop ?? 0) };
  },

  // Returns smartcrop's window in pixels of the picture.
  async smartcrop({ path, width, height }) {
    const { topCrop } = await smartcrop.crop(path, { width, height, imageOperations });
    return { left: topCrop.x, top: topCrop.y, width: topCrop.width, height: topCrop.height };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  console.log(JSON.stringify(await commands[request.do](request)));
}
