// The peers' side of `make bench-crops`: a process that tells the windows they choose.
// One JSON object a line on standard input, one answer a line on standard output; see peers.py.
import { createInterface } from 'node:readline';
import sharp from 'sharp';
import smartcrop from 'smartcrop';

sharp.concurrency(1);

// How smartcrop.js reads a picture: sharp resizes it, and hands over RGBA.
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
  // Where sharp's window is in the resized picture.
  async sharp({ path, width, height, strategy }) {
    const { info } = await sharp(path)
      .resize(width, height, { fit: 'cover', position: strategy })
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { left: -(info.cropOffsetLeft ?? 0), top: -(info.cropOffsetTop ?? 0) };
  },

  // Where smartcrop's window is in the picture itself.
  async smartcrop({ path, width, height }) {
    const { topCrop } = await smartcrop.crop(path, { width, height, imageOperations });
    return { left: topCrop.x, top: topCrop.y, width: topCrop.width, height: topCrop.height };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  console.log(JSON.stringify(await commands[request.do](request)));
}
