/** What the landing page promises and answers. Each promise names its check; docs/promises.md has the commands. */
export const PROMISES = [
  {
    title: 'Nothing of your mail is kept',
    text: 'Subject, names, text and attachments pass through memory and are gone. They are not on our disks, in our database or in our logs.',
    check:
      'marked messages are sent through, and then every file, the database, its log and all output are searched for the mark: after success, after each kind of failure, and after a crash.',
  },
  {
    title: 'We cannot read your Gmail',
    text: 'The permission we ask for only adds mail. And it is used for nothing else. Only if you switch labels on does Google ask you for a second one, which is for labels and reads no mail either.',
    check:
      'a stand-in for Google records every call of the whole service: sign-in, tokens and imports, nothing else.',
  },
  {
    title: 'Nothing lost, nothing twice',
    text: 'Each message is imported once, even when a machine dies in the middle of it. Should Google itself lose an upload, you are told instead of left guessing.',
    check:
      'the engine is killed before and after each of its steps, and at every pair of steps, and then the messages are counted.',
  },
  {
    title: 'Not a byte is changed',
    text: 'Headers, signatures, attachments and dates arrive as they are at the source. Reply, and you answer the original sender. Only what Gmail refuses as it is can, if you allow it, follow as a copy with the smallest repair, marked as such.',
    check:
      'SHA-256 of what the mail server holds equals SHA-256 of what Gmail was given, over both protocols.',
  },
  {
    title: 'Your password is sealed',
    text: 'The web server encrypts it with a key it cannot open. Only the workers that fetch your mail hold the other half.',
    check:
      'a dump of the database holds no secret, and an altered or swapped one is refused; the web server starts without the private key.',
  },
  {
    title: 'Gone means gone',
    text: 'Delete a mailbox or the account in two clicks. Its rows are gone when the answer arrives; with the account, Google is told that the consent has ended.',
    check: 'accounts are deleted while mail is on its way; not one row is left, and none comes back.',
  },
] as const;

export const QUESTIONS = [
  {
    question: 'What happened to Gmail’s “Check mail from other accounts”?',
    answer: [
      'In 2026 Google ended it, and Gmailify with it, for new users; who has it still loses it by January 2027. Forwarding is no full replacement: forwarded mail often fails the sender’s SPF or DMARC checks and ends up as spam or not at all.',
      'smtp-sync fetches instead. If Gmail’s own fetcher is still active for a mailbox, switch it off there before you import old mail here, so that both do not bring the same messages.',
    ],
  },
  {
    question: 'Is my mail stored?',
    answer: [
      'No. A message is held in memory while it passes, and its buffers are overwritten behind it. What stays is one line: time, sender’s domain, outcome and size. Besides, fingerprints that nobody can turn back into a message tell which ones are done.',
    ],
  },
  {
    question: 'Can you read my Gmail?',
    answer: [
      'No. The permission is to add messages. It does not let us list, search or open any, and Google enforces that, whatever our software does.',
    ],
  },
  {
    question: 'What if smtp-sync stops, or my mail server does?',
    answer: [
      'Your mail is still where it was: nothing is ever touched there that has not arrived in Gmail. When both are back, fetching goes on where it left off, new mail first. A message that could not be passed on is listed in the Glass Box with the reason.',
    ],
  },
  {
    question: 'How do I leave?',
    answer: [
      'Delete the mailbox or the account. All that is stored here about it goes at once; with the account, the permission at Google is taken back. What has been delivered to your Gmail stays yours. Before that you can download your settings and the whole Glass Box as JSON.',
    ],
  },
  {
    question: 'Do I have to leave my old address?',
    answer: [
      'No. The old mailbox goes on receiving mail, and other programs can go on using it. smtp-sync sends no mail for you; to write from the old address, use Gmail’s “Send mail as” with your provider’s outgoing server.',
    ],
  },
] as const;
