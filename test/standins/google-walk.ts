/** Walks through the stand-in's consent page as a browser without JavaScript would. */
import assert from 'node:assert/strict';

export interface Choices {
  readonly account?: string;
  /** Scopes to leave ticked; default: all that have a tick box. */
  readonly granted?: readonly string[];
  readonly decision?: 'allow' | 'deny';
}

/** From the authorization URL to the URL that the browser is sent back to. */
export async function walkConsent(authorizationUrl: string, choices: Choices = {}): Promise<URL> {
  const shown = await fetch(authorizationUrl);
  const html = await shown.text();
  assert.equal(shown.status, 200, html);
  const form = new URLSearchParams();
  for (const [, name, value] of html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g))
    form.append(unescapeHtml(name ?? ''), unescapeHtml(value ?? ''));
  const ticked = [...html.matchAll(/name="granted" value="([^"]*)" checked/g)].map(([, scope]) =>
    unescapeHtml(scope ?? ''),
  );
  for (const scope of choices.granted ?? ticked) form.append('granted', scope);
  form.set('other', choices.account ?? 'ada@example.com');
  form.set('decision', choices.decision ?? 'allow');
  const answered = await fetch(new URL('/o/oauth2/v2/auth', authorizationUrl), {
    method: 'POST',
    body: form,
    redirect: 'manual',
  });
  assert.equal(answered.status, 302, await answered.text());
  return new URL(answered.headers.get('location') ?? '');
}

const unescapeHtml = (text: string): string =>
  text.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
