/**
 * What a TypeScript file imports, and whether it reads the environment. A tokenizer, so that comments, strings
 * and regular expressions that look like imports are not mistaken for any.
 */

export interface Scan {
  /** Every specifier of import, export … from, dynamic import and import type. */
  readonly specifiers: readonly string[];
  /** Dynamic imports whose specifier is not a plain string. */
  readonly computed: number;
  /** Uses of `process.env`, and those of them that hand it to a reader of src/config.ts. */
  readonly envUses: number;
  readonly envReads: number;
}

interface Token {
  readonly kind: 'word' | 'string' | 'mark';
  readonly text: string;
}

const SPACE = /(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/|^#![^\n]*)+/y;
const WORD = /[\p{ID_Start}$_#][\p{ID_Continue}$\u200c\u200d]*|\d[\w.]*/uy;
const STRING = /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/y;
const REGEXP = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
const TEMPLATE_TEXT = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/y;
const READER = /^(?:read\w*Config|withLocalDefaults|forgetPrivateKeys)$/;
/** After these words an expression begins, so a slash begins a regular expression. */
const BEFORE_EXPRESSION =
  /^(?:return|typeof|case|in|of|do|else|void|delete|throw|new|await|yield|instanceof)$/;

export function scan(source: string): Scan {
  const tokens = tokenize(source);
  const specifiers: string[] = [];
  const found = { computed: 0, envUses: 0, envReads: 0 };
  tokens.forEach((token, at) => {
    if (token.kind !== 'word') return;
    const text = (step: number): string => tokens[at + step]?.text ?? '';
    const string = (step: number): string | null =>
      tokens[at + step]?.kind === 'string' ? text(step) : null;
    const member = text(-1) === '.' || text(-1) === '?.';
    if ((token.text === 'from' || token.text === 'import') && !member) {
      const specifier = string(1) ?? (token.text === 'import' && text(1) === '(' ? string(2) : null);
      if (specifier !== null) specifiers.push(specifier);
      else if (token.text === 'import' && text(1) === '(') found.computed++;
    }
    if (token.text === 'process' && (text(1) === '[' || (/^\??\.$/.test(text(1)) && text(2) === 'env'))) {
      found.envUses++;
      if (READER.test(text(-2)) && text(-1) === '(' && /^[),]$/.test(text(3))) found.envReads++;
    }
  });
  return { specifiers, ...found };
}

function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  /** Open braces: of a template's `${`, or of anything else. */
  const braces: ('template' | 'other')[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const text = pattern.exec(source)?.[0] ?? null;
    if (text !== null) at += text.length;
    return text;
  };
  /** The text of a template up to its end or its next `${`. */
  const template = (): void => {
    take(TEMPLATE_TEXT);
    if (source.startsWith('${', at)) {
      braces.push('template');
      at += 2;
      tokens.push({ kind: 'mark', text: '(' });
    } else {
      at += 1;
      tokens.push({ kind: 'mark', text: '`' });
    }
  };
  while (at < source.length) {
    if (take(SPACE)) continue;
    const last = tokens.at(-1);
    const word = take(WORD);
    const string = word === null ? take(STRING) : null;
    if (word !== null) tokens.push({ kind: 'word', text: word });
    else if (string !== null) tokens.push({ kind: 'string', text: string.slice(1, -1) });
    else if (source[at] === '/' && beginsExpression(last) && take(REGEXP))
      tokens.push({ kind: 'mark', text: '/re/' });
    else if (source[at] === '`') {
      at += 1;
      template();
    } else if (source[at] === '}' && braces.pop() === 'template') {
      at += 1;
      template();
    } else {
      const mark = source.startsWith('?.', at) ? '?.' : (source[at] ?? '');
      if (mark === '{') braces.push('other');
      tokens.push({ kind: 'mark', text: mark });
      at += mark.length;
    }
  }
  return tokens;
}

function beginsExpression(last: Token | undefined): boolean {
  if (last === undefined) return true;
  if (last.kind === 'word') return BEFORE_EXPRESSION.test(last.text);
  return last.kind === 'mark' && ![')', ']', '}', '`', '/re/'].includes(last.text);
}
