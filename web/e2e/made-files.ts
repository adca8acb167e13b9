import { crc32, deflateSync } from "node:zlib";

/** Files that tests make themselves, to the last byte. */

/** A PNG of one colour. https://www.w3.org/TR/png-3/ @param rgb red, green, blue: 0 to 255 */
export function pngOf(width: number, height: number, rgb: readonly [number, number, number]): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Eight bits a channel, three channels.
  header.writeUInt8(8, 8);
  header.writeUInt8(2, 9);
  const line = Buffer.concat([Buffer.of(0), Buffer.alloc(width * 3, Buffer.from(rgb))]);
  const pixels = deflateSync(Buffer.alloc(line.byteLength * height, line));
  return Buffer.concat([PNG_SIGNATURE, chunk("IHDR", header), chunk("IDAT", pixels), chunk("IEND", Buffer.alloc(0))]);
}

/** Begins as a PNG and is none: no browser draws it. */
export function brokenPng(): Buffer {
  const bytes = pngOf(32, 32, [200, 30, 30]);
  // The width is zero, which nothing is, and the check sum does not fit.
  bytes.writeUInt32BE(0, PNG_SIGNATURE.byteLength + 8);
  return bytes;
}

/** A sound of zeros: 16 bits, stereo, 44.1 kHz. */
export function wavOf(seconds: number): Buffer {
  const rate = 44_100;
  const data = rate * 4 * seconds;
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(36 + data, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(2, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate * 4, 28);
  header.writeUInt16LE(4, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36);
  header.writeUInt32LE(data, 40);
  return Buffer.concat([header, Buffer.alloc(data)]);
}

const PNG_SIGNATURE = Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.byteLength, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}
