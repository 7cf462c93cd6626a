/** The obvious way: imapflow on one side, Google's own client on the other, no state. */
import { Readable } from 'node:stream';
import { auth, gmail, type gmail_v1 } from '@googleapis/gmail';
import { serve } from './child.ts';
import { carryAll, type Task, type TaskUser } from './contender.ts';

serve(async ({ rootUrl, ...task }: Task) => {
  const clients = new Map(task.users.map((user) => [user.username, clientOf(user)]));
  await carryAll({ rootUrl, ...task }, async (message, user) => {
    await clients.get(user.username)?.users.messages.import(
      {
        userId: 'me',
        requestBody: { labelIds: ['INBOX', 'UNREAD'] },
        media: { mimeType: 'message/rfc822', body: Readable.from([message]) },
      },
      // Uploads look for it here only.
      { rootUrl: `${rootUrl}/` },
    );
  });
});

function clientOf({ accessToken }: TaskUser): gmail_v1.Gmail {
  const client = new auth.OAuth2();
  client.setCredentials({ access_token: accessToken });
  return gmail({ version: 'v1', auth: client });
}
