/** Permissions at Google, as OAuth names them: https://developers.google.com/workspace/gmail/api/auth/scopes */

/** Adds mail; reads none. Asked for at the sign-in. */
export const GMAIL_INSERT_SCOPE = 'https://www.googleapis.com/auth/gmail.insert';
/** Labels, without the mail under them. Asked for when somebody switches labels on, and not before. */
export const GMAIL_LABELS_SCOPE = 'https://www.googleapis.com/auth/gmail.labels';
