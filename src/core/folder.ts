/** What a folder at the source is for (RFC 6154). */
export const FOLDER_USES = ['inbox', 'sent', 'archive', 'drafts', 'junk', 'trash', 'all', 'flagged'] as const;
export type FolderUse = (typeof FOLDER_USES)[number];
