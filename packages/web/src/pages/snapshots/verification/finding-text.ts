/** What a verification found, in a sentence. The reports keep single words, which tell little to whoever reads one the first time. */

const SENTENCES: Readonly<Record<string, string>> = {
  checksum: "Its stored bytes no longer give the checksum that is stored with them.",
  digest: "It is readable, but it is not the data that its name stands for.",
  "authentication tag": "It cannot be decrypted: its stored bytes were changed.",
  "not decodable": "Its stored bytes are not a chunk any more.",
  "wrong kind": "The snapshot expects it encrypted where it is not, or the other way round.",
  size: "It is sound, but of another size than the snapshot says.",
};

/** A reason that is a sentence already stays as it is. */
export function findingSentence(reason: string): string {
  return SENTENCES[reason] ?? reason;
}
