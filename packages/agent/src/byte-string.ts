/**
 * Names and paths as the kernel knows them: bytes. Inside the agent they are strings with one character per byte, so that
 * comparing them is comparing bytes and they serve as keys of maps.
 */

const decoder = new TextDecoder("utf-8", { fatal: true });
const NEEDS_CARE = /[^\x20-\x7e]|\\/;

/** The bytes of the text's UTF-8 form, one character each: how a person's path becomes the kernel's. */
export function byteStringOf(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** For people: UTF-8 where it is valid, every other byte and every control character as `\xNN`. */
export function textOf(byteString: string): string {
  if (!NEEDS_CARE.test(byteString)) return byteString;
  const bytes = Buffer.from(byteString, "latin1");
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    return escapeInvalid(bytes);
  }
  return text.replace(/[\x00-\x1f\x7f-\x9f\\]/g, escapeByte);
}

function escapeByte(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

/** Decodes the longest valid pieces and escapes what is between them. */
function escapeInvalid(bytes: Buffer): string {
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const length = validSequenceLength(bytes, at);
    text +=
      length === 0
        ? escapeByte(String.fromCharCode(bytes[at] ?? 0))
        : decoder.decode(bytes.subarray(at, at + length)).replace(/[\x00-\x1f\x7f-\x9f\\]/g, escapeByte);
    at += Math.max(1, length);
  }
  return text;
}

function validSequenceLength(bytes: Buffer, at: number): number {
  for (let length = 1; length <= 4 && at + length <= bytes.length; length++) {
    try {
      decoder.decode(bytes.subarray(at, at + length));
      return length;
    } catch {
      // Not a whole character yet; try one byte more.
    }
  }
  return 0;
}

export function joinPath(parent: string, name: string): string {
  return parent === "" ? name : parent.endsWith("/") ? parent + name : `${parent}/${name}`;
}
