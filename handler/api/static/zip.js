// Writes a ZIP of files without compression: pictures are compressed already.

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const VERSION = 20;
// Names are UTF-8.
const UTF8 = 0x0800;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? 0xedb88320 ^ (rest >>> 1) : rest >>> 1;
  return rest;
});

/** Returns the ZIP of files, each with a `filename` and a `blob`, as a Blob. */
export async function zipOf(files) {
  const parts = [];
  const directory = [];
  let offset = 0;
  const names = uniqueNames(files.map(({ filename }) => filename));
  for (const [index, { blob }] of files.entries()) {
    const name = new TextEncoder().encode(names[index]);
    const entry = { name, crc: crc32(new Uint8Array(await blob.arrayBuffer())), size: blob.size, offset };
    const header = [number(LOCAL, 4), ...described(entry), name];
    parts.push(...header, blob);
    directory.push(centralHeader(entry));
    offset += lengthOf(header) + blob.size;
  }
  const size = directory.reduce((sum, each) => sum + lengthOf(each), 0);
  const counts = [number(files.length, 2), number(files.length, 2)];
  const end = [number(END, 4), number(0, 4), ...counts, number(size, 4), number(offset, 4), number(0, 2)];
  return new Blob([...parts, ...directory.flat(), ...end], { type: "application/zip" });
}

// The fields that a file has in both of its headers.
function described({ name, crc, size }) {
  const { time, date } = now();
  return [
    ...[VERSION, UTF8, 0, time, date].map((each) => number(each, 2)),
    ...[crc, size, size].map((each) => number(each, 4)),
    number(name.length, 2),
    number(0, 2),
  ];
}

function centralHeader(entry) {
  const places = [number(0, 2), number(0, 2), number(0, 2), number(0, 4), number(entry.offset, 4)];
  return [number(CENTRAL, 4), number(VERSION, 2), ...described(entry), ...places, entry.name];
}

// The time in the form of MS-DOS, in steps of two seconds.
function now() {
  const at = new Date();
  return {
    time: (at.getHours() << 11) | (at.getMinutes() << 5) | (at.getSeconds() >> 1),
    date: ((at.getFullYear() - 1980) << 9) | ((at.getMonth() + 1) << 5) | at.getDate(),
  };
}

function number(value, bytes) {
  const view = new DataView(new ArrayBuffer(bytes));
  if (bytes === 2) view.setUint16(0, value, true);
  else view.setUint32(0, value, true);
  return new Uint8Array(view.buffer);
}

const lengthOf = (parts) => parts.reduce((sum, { length }) => sum + length, 0);

function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

// Two photos of the same name have results of the same name.
function uniqueNames(names) {
  const used = new Set();
  return names.map((name) => {
    const [, stem, extension] = /^(.*?)(\.[^.]*)?$/.exec(name);
    let unique = name;
    for (let count = 2; used.has(unique); count++) unique = `${stem}-${count}${extension ?? ""}`;
    used.add(unique);
    return unique;
  });
}
