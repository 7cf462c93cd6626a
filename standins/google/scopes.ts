export const INSERT_SCOPE = 'https://www.googleapis.com/auth/gmail.insert';
export const LABELS_SCOPE = 'https://www.googleapis.com/auth/gmail.labels';
