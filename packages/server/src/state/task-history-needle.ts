/** What "contains, whatever the case" means for the text of a task, and the three-letter pieces a search begins with. */

/** Case is folded as Unicode does it where the needle has letters beyond ASCII, else only that of ASCII letters. */
export function containsText(text: string, needle: string): boolean {
  return isAscii(needle)
    ? foldAscii(text).includes(foldAscii(needle))
    : text.toLowerCase().includes(needle.toLowerCase());
}

export function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}

export function foldAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/**
 * The pieces of three characters that every text with this needle has in the index, each once, in lower case. Only of
 * characters whose case the index folds as we do: a piece that it folds otherwise would hide what is there.
 */
export function piecesOf(needle: string): string[] {
  const characters = Array.from(needle);
  const pieces = new Set<string>();
  for (let at = 0; at + 3 <= characters.length; at++) {
    const piece = characters.slice(at, at + 3);
    if (piece.every(foldsAlike)) pieces.add(piece.join("").toLowerCase());
  }
  return [...pieces];
}

/** ASCII, what has no case, and the letters of Latin-1 and Cyrillic. A test compares them with the index. */
export function foldsAlike(character: string): boolean {
  if (isAscii(character)) return character !== "\0";
  if (/^[\u00c0-\u00de\u00e0-\u00fe\u0400-\u045f]$/.test(character)) return true;
  return character.toLowerCase() === character && character.toUpperCase() === character;
}

/** A piece as a string of the index's query language. */
export function quoted(piece: string): string {
  return `"${piece.replaceAll('"', '""')}"`;
}
