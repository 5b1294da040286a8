/**
 * How deep the brackets of a JSON text go, in one pass without recursion or backtracking. Deep nesting is harmless to read
 * but exhausts the stack of whoever walks or writes the result, so it is refused before.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Of text that is no JSON, some number; its parser will say what is wrong. */
export function nestingDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === 0x5b || code === 0x7b) deepest = Math.max(deepest, ++depth);
    else if (code === 0x5d || code === 0x7d) depth--;
  }
  return deepest;
}

/** Where the closing quote stands, or the text's end. */
function endOfString(text: string, quoteAt: number): number {
  let at = quoteAt + 1;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE) break;
  }
  return at;
}
