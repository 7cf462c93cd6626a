/** HTML that cannot be forgotten to be escaped: every interpolated string is, unless it is Html already. */
export interface Html {
  readonly html: string;
}

type Part = Html | string | number | null | false | readonly Part[];

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const render = (part: Part): string => {
  if (part === null || part === false) return '';
  if (typeof part === 'string') return part.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
  if (typeof part === 'number') return String(part);
  return 'html' in part ? part.html : part.map(render).join('');
};

/** Attribute values must be written in double quotes. */
export const html = (texts: TemplateStringsArray, ...parts: readonly Part[]): Html => ({
  html: texts.map((text, i) => (i === 0 ? text : render(parts[i - 1] ?? null) + text)).join(''),
});
