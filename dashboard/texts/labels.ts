/** Texts about labels in Gmail, and the permission they take. */
export const labelTexts = {
  title: 'Labels in Gmail',
  label: 'Label for this mailbox',
  labelHint: 'For example “Old mail”. A “/” nests: “Old mail/Work”. Left empty, there is none.',
  folders: 'A label for each folder',
  foldersHint:
    'Named and nested like the folders, below the label for this mailbox if there is one. Mail of the inbox gets no folder’s label.',
  wrong: (problem: string) => `The label ${problem}.`,
  missing: {
    title: 'Google has to allow labels',
    sentence:
      'That is a permission of its own, which reads no mail. Until it is given, mail arrives without labels.',
    action: 'Allow labels at Google',
    later: 'Save first: the mailbox’s page then leads you to Google.',
  },
  allowed: 'Google allows labels.',
  lines: {
    label: 'Label',
    folders: 'Labels of folders',
    foldersOn: 'One for each folder',
  },
  account: {
    given: 'Allowed. Labels are made where a mailbox asks for them, and never renamed or deleted.',
    notGiven: 'Not allowed, and not needed unless you want imported mail to be labelled.',
    wanted: 'Not allowed, though a mailbox is to have its mail labelled: it arrives without.',
    name: 'Labels',
  },
} as const;
