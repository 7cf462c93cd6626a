/** The bare pull-and-push loop: no state, no checks, no library between it and HTTP. */
import { Agent, request } from 'node:http';
import { serve } from './child.ts';
import { carryAll, type Task } from './contender.ts';

// Node sets TCP_NODELAY for HTTP by itself.
const agent = new Agent({ keepAlive: true, scheduling: 'lifo' });
const BOUNDARY = 'between-the-parts';
const HEAD = Buffer.from(
  `--${BOUNDARY}\r\nContent-Type: application/json\r\n\r\n{"labelIds":["INBOX","UNREAD"]}\r\n` +
    `--${BOUNDARY}\r\nContent-Type: message/rfc822\r\n\r\n`,
);
const TAIL = Buffer.from(`\r\n--${BOUNDARY}--\r\n`);

const put = (rootUrl: string, message: Buffer, accessToken: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const call = request(`${rootUrl}/upload/gmail/v1/users/me/messages/import?uploadType=multipart`, {
      agent,
      method: 'POST',
      headers: {
        Authorization: `Bearer ${accessToken}`,
        'Content-Type': `multipart/related; boundary=${BOUNDARY}`,
        'Content-Length': HEAD.length + message.length + TAIL.length,
      },
    });
    call.on('error', reject).on('response', (response) => {
      response.resume().on('end', () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`answered with ${response.statusCode}`));
      });
    });
    call.write(HEAD);
    call.write(message);
    call.end(TAIL);
  });

serve((task: Task) => carryAll(task, (message, user) => put(task.rootUrl, message, user.accessToken)));
