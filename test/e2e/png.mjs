// Makes a screenshot small: a PNG of at most 256 colours, each pixel with the nearest of the most frequent ones.
import {crc32, deflateSync, inflateSync} from 'node:zlib';

// The chunks of a PNG by name; those of one name are joined.
function chunks(png) {
  const found = {};
  for (let at = 8; at < png.length;) {
    const size = png.readUInt32BE(at), name = png.toString('latin1', at + 4, at + 8);
    found[name] = Buffer.concat([found[name] ?? Buffer.alloc(0), png.subarray(at + 8, at + 8 + size)]);
    at += size + 12;
  }
  return found;
}

function paeth(a, b, c) {
  const [x, y, z] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
  return x <= y && x <= z ? a : y <= z ? b : c;
}

// Width, height, and a number for the colour of each pixel, of a PNG of 8 bits a channel without interlacing.
function pixels(png) {
  const {IHDR, IDAT} = chunks(png);
  const [width, height, wide] = [IHDR.readUInt32BE(0), IHDR.readUInt32BE(4), IHDR[9] === 6 ? 4 : 3];
  const raw = inflateSync(IDAT), stride = width * wide;
  const colours = new Uint32Array(width * height);
  let above = Buffer.alloc(stride);
  for (let y = 0; y < height; ++y) {
    const filter = raw[y * (stride + 1)], line = raw.subarray(y * (stride + 1) + 1, (y + 1) * (stride + 1));
    for (let x = 0; x < stride; ++x) {
      const left = x < wide ? 0 : line[x - wide], corner = x < wide ? 0 : above[x - wide];
      line[x] += [0, left, above[x], (left + above[x]) >> 1, paeth(left, above[x], corner)][filter];
    }
    for (let x = 0; x < width; ++x) colours[y * width + x] = line.readUIntBE(x * wide, 3);
    above = line;
  }
  return {width, height, colours};
}

const distance = (a, b) => ((a >> 16) - (b >> 16)) ** 2 + (((a >> 8) & 255) - ((b >> 8) & 255)) ** 2 + ((a & 255) - (b & 255)) ** 2;

// The most frequent colours, but none that is as good as the same as one before it.
function palette(colours) {
  const counts = new Map();
  for (const one of colours) counts.set(one, (counts.get(one) ?? 0) + 1);
  const order = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([one]) => one);
  const chosen = [];
  for (const one of order) if (chosen.length < 256 && chosen.every((other) => distance(one, other) > 40)) chosen.push(one);
  const places = new Map(order.map((one) => [one, chosen.reduce((best, other, at) => (distance(one, other) < distance(one, chosen[best]) ? at : best), 0)]));
  return {chosen, places};
}

function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const [size, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  size.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([size, body, sum]);
}

export function smaller(png) {
  const {width, height, colours} = pixels(png);
  const {chosen, places} = palette(colours);
  const head = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 3, 0, 0, 0]);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  const lines = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; ++y) for (let x = 0; x < width; ++x) lines[y * (width + 1) + 1 + x] = places.get(colours[y * width + x]);
  const table = Buffer.from(chosen.flatMap((one) => [one >> 16, (one >> 8) & 255, one & 255]));
  return Buffer.concat([png.subarray(0, 8), chunk('IHDR', head), chunk('PLTE', table), chunk('IDAT', deflateSync(lines, {level: 9})), chunk('IEND', Buffer.alloc(0))]);
}
