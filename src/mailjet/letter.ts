/** A mail as its parts, and the two ways it is written. Every text that comes from data is escaped in the HTML. */

/** What a notice says, before it is written as text or HTML. */
export interface Draft {
  readonly subject: string;
  readonly paragraphs: readonly string[];
  readonly items: readonly string[];
  /** What to do about it. */
  readonly advice: string;
  readonly action: { readonly label: string; readonly url: string };
  readonly footer: string;
  readonly unsubscribe: { readonly label: string; readonly url: string } | null;
}

export interface Letter {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

export const writeLetter = (draft: Draft): Letter => ({
  subject: draft.subject,
  text: textOf(draft),
  html: htmlOf(draft),
});

const textOf = ({ subject, paragraphs, items, advice, action, footer, unsubscribe }: Draft): string =>
  [
    subject,
    ...paragraphs,
    ...(items.length > 0 ? [items.map((item) => `- ${item}`).join('\n')] : []),
    advice,
    `${action.label}:\n${action.url}`,
    `-- \n${footer}`,
    ...(unsubscribe ? [`${unsubscribe.label}:\n${unsubscribe.url}`] : []),
  ].join('\n\n');

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const quote = (text: string): string => text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');

const FONT = 'font-family:system-ui,-apple-system,Segoe UI,Roboto,sans-serif;font-size:16px;line-height:1.5';
const BUTTON =
  'display:inline-block;padding:10px 18px;border-radius:6px;background:#0b6b5d;color:#ffffff;text-decoration:none';

/** Mail programs know neither style sheets nor scripts: tables and inline styles, no image, nothing loaded. */
const htmlOf = ({
  subject,
  paragraphs,
  items,
  advice,
  action,
  footer,
  unsubscribe,
}: Draft): string => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${quote(subject)}</title></head>
<body style="margin:0;padding:24px;background:#ffffff;color:#1f2937;${FONT}">
<div style="max-width:560px;margin:0 auto">
<h1 style="margin:0 0 16px;font-size:20px;line-height:1.3">${quote(subject)}</h1>
${paragraphs.map((paragraph) => `<p style="margin:0 0 16px">${quote(paragraph)}</p>`).join('\n')}
${items.length > 0 ? `<ul style="margin:0 0 16px;padding-left:24px">${items.map((item) => `<li>${quote(item)}</li>`).join('')}</ul>` : ''}
<p style="margin:0 0 24px">${quote(advice)}</p>
<p style="margin:0 0 32px"><a href="${quote(action.url)}" style="${BUTTON}">${quote(action.label)}</a></p>
<p style="margin:0;padding-top:16px;border-top:1px solid #d1d5db;color:#4b5563;font-size:14px">${quote(footer)}${
  unsubscribe
    ? ` <a href="${quote(unsubscribe.url)}" style="color:#4b5563">${quote(unsubscribe.label)}</a>`
    : ''
}</p>
</div>
</body>
</html>
`;
