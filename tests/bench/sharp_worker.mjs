// The peer's side of the comparison: a process that crops on command.
// One JSON object a line on standard input, one answer a line on standard output; see peers.py.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import sharp from 'sharp';

sharp.concurrency(1);
sharp.cache(false);

let data = Buffer.alloc(0);

const commands = {
  load({ path }) {
    data = readFileSync(path);
    return { bytes: data.length };
  },

  // Milliseconds of CPU (user and system, all threads) and of the clock.
  async crop({ width, height, strategy, quality, format }) {
    const before = process.cpuUsage();
    const start = process.hrtime.bigint();
    const result = await sharp(data, { limitInputPixels: false })
      .autoOrient()
      .resize(width, height, { fit: 'cover', position: strategy })
      .toFormat(format, format === 'png' ? {} : { quality })
      .toBuffer({ resolveWithObject: true });
    const wall = Number(process.hrtime.bigint() - start) / 1e6;
    const spent = process.cpuUsage(before);
    return {
      cpu: (spent.user + spent.system) / 1e3,
      wall,
      bytes: result.data.length,
      left: -(result.info.cropOffsetLeft ?? 0),
      top: -(result.info.cropOffsetTop ?? 0),
    };
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
