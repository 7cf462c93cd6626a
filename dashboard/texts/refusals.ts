/** What may be done about messages that Gmail refuses. */
export const refusalTexts = {
  title: 'What Gmail refuses',
  intro:
    'Gmail takes no message that is too large, that has no From line or several, or that holds a zero byte, a character that mail must not have. Whatever you choose, the original stays at the source as it is.',
  repair: 'Import a repaired copy where that helps',
  repairHint:
    'Every message is sent as it is first. Only if Gmail refuses it, a copy with the smallest change follows: a From line added or renamed, or zero bytes left out. The copy is no longer the same to the last byte, and a header X-Smtp-Sync-Repaired says so. Signatures of its sender may no longer match.',
  notice: 'Tell me in Gmail about messages that stay behind',
  noticeHint:
    'A short message in your inbox for each: its size, its sender’s domain, its date and why. 20 a day at most, then one that says that there are more.',
  lines: {
    repair: 'Refused by Gmail',
    repairOn: 'A repaired copy follows where that helps',
    notice: 'Notices in Gmail',
    noticeOn: 'About each message that stays behind',
  },
} as const;
