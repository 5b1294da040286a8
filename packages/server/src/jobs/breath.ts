/** The store answers at once and on the one thread there is: whoever asks it a thousand things lets others in between. */
export function breath(): Promise<void> {
  return new Promise((next) => setImmediate(next));
}
