/** Answers of other services' APIs: read no further than they can be meant to go, and taken for nothing they are not. */

/** The body as UTF-8. RangeError when it is longer than `limit`, in UTF-16 units. */
export async function readText(body: AsyncIterable<Uint8Array> | null, limit: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > limit) throw new RangeError('the answer is too long');
  }
  return text;
}

/** The JSON object that the text is; an empty one for anything else. */
export function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
