-- More options for each mailbox; those that are there have the defaults. The owner is subject to the policies, too, so they
-- are lifted for the length of this transaction.
ALTER TABLE mailboxes NO FORCE ROW LEVEL SECURITY;
UPDATE mailboxes SET options = '{"folderLabels":false,"moveTo":null,"repair":false,"noticeRefused":false,
  "skipSenders":[],"neverSpamDomains":[],"maxBytes":null}'::jsonb || options;
ALTER TABLE mailboxes FORCE ROW LEVEL SECURITY;
