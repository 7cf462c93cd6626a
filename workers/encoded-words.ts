/** Text of any characters in a header (RFC 2047). Pure. */

/** Bytes of text in one word, which must not be longer than 75 characters (RFC 2047 §2). */
const WORD_BYTES = 45;

/** The text as encoded words, none of which holds a part of a character; one blank between two. */
export function encodedWords(text: string): string {
  const words: string[] = [];
  let word = '';
  for (const character of text) {
    if (Buffer.byteLength(word + character) > WORD_BYTES) {
      words.push(word);
      word = '';
    }
    word += character;
  }
  return [...words, word].map((each) => `=?utf-8?B?${Buffer.from(each).toString('base64')}?=`).join(' ');
}
