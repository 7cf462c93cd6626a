/** A folder's name as it goes over the wire: modified UTF-7 (RFC 3501 §5.1.3). */

/** UTF-16, big end first, in base64 with `,` for `/` and without padding. */
function shift(run: string): string {
  const bytes = Buffer.from(run, 'utf16le').swap16();
  return `&${bytes.toString('base64').replaceAll('/', ',').replace(/=+$/, '')}-`;
}

export const encodeFolderName = (name: string): string =>
  name.replaceAll('&', '&-').replace(/[^\x20-\x7e]+/g, shift);
