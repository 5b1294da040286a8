/**
 * Takes a command that was typed as one text apart into its words, with the quotes that every shell knows.
 *
 * The command runs without a shell. What only a shell can do (pipes, redirections, variables) is refused with the way to
 * get one: a pipe that silently became a word of `pg_dump` would make a wrong backup.
 */

/** What is wrong with it, as a clause: an open quote, no word at all, or what needs a shell. */
class Unreadable extends Error {}

export type CommandReading =
  | { readonly words: readonly string[]; readonly trouble?: undefined }
  | { readonly words?: undefined; readonly trouble: string };

export function readCommandWords(text: string): CommandReading {
  try {
    return { words: wordsOf(text) };
  } catch (thrown) {
    if (thrown instanceof Unreadable) return { trouble: thrown.message };
    throw thrown;
  }
}

/** The other way round: one text that reads as these words. */
export function quoteCommandWords(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(" ");
}

function wordsOf(text: string): string[] {
  const words: string[] = [];
  // Undefined between words: an empty word is written as two quotes.
  let word: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === "'") {
      const end = text.indexOf("'", at + 1);
      if (end < 0) throw new Unreadable("a quote is not closed");
      word = (word ?? "") + text.slice(at + 1, end);
      at = end;
    } else if (char === '"') {
      const { inside, end } = doubleQuoted(text, at);
      word = (word ?? "") + inside;
      at = end;
    } else if (char === "\\") {
      if (at + 1 === text.length) throw new Unreadable("it ends in a backslash");
      word = (word ?? "") + text.charAt(++at);
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      if (/[|<>;&`]/.test(char)) throw needsShell(char);
      if (char === "$" && isVariable(text, at)) throw needsShell("$");
      word = (word ?? "") + char;
    }
  }
  if (word !== undefined) words.push(word);
  if (words.length === 0) throw new Unreadable("it has no word");
  return words;
}

function doubleQuoted(text: string, start: number): { readonly inside: string; readonly end: number } {
  let inside = "";
  for (let at = start + 1; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '"') return { inside, end: at };
    if (char === "`" || (char === "$" && isVariable(text, at))) throw needsShell(char);
    if (char === "\\" && /["\\$`]/.test(text.charAt(at + 1))) inside += text.charAt(++at);
    else inside += char;
  }
  throw new Unreadable("a quote is not closed");
}

function isVariable(text: string, at: number): boolean {
  return /[A-Za-z_{(0-9@*#?!$-]/.test(text.charAt(at + 1));
}

function needsShell(char: string): Error {
  return new Unreadable(
    `"${char}" means something to a shell only, and there is none; quote it, or run one: sh -c '…'`,
  );
}
