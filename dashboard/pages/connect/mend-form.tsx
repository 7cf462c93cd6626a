/** Other credentials or another server for a draft, which is then tested again. */
import { type FormEvent, useRef, useState } from 'react';
import type { Mailbox } from '../../../src/http/api.ts';
import { connect } from '../../texts/connect.ts';
import { Button } from '../../ui/button.tsx';
import { TextField } from '../../ui/field.tsx';
import { fieldError, isElsewhere } from './field-errors.ts';
import { PasswordField, takePassword } from './password-field.tsx';
import { Problem } from './problem.tsx';
import { isPort, ServerFields } from './server-fields.tsx';
import { useSetup } from './setup.ts';
import type { ServerInput } from './stored.ts';
import { useAction } from './use-action.ts';

const FIELDS = ['host', 'port', 'username', 'password'];

export function MendForm({ mailbox, form }: { mailbox: Mailbox; form: 'password' | 'server' }) {
  const { login, test } = connect;
  const setup = useSetup();
  const saving = useAction();
  const field = useRef<HTMLInputElement>(null);
  const [server, setServer] = useState<ServerInput>({
    protocol: mailbox.protocol,
    host: mailbox.host,
    port: String(mailbox.port),
    security: mailbox.security,
  });
  const [username, setUsername] = useState(mailbox.username);
  const [missing, setMissing] = useState<readonly string[]>([]);
  // The API asks for it when the host changes: a password must not wander to another server by itself.
  const needed = form === 'password' || server.host.trim() !== mailbox.host;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (saving.busy) return;
    const wrong = [
      server.host.trim() === '' && 'host',
      !isPort(server.port) && 'port',
      username.trim() === '' && 'username',
      needed && !field.current?.value && 'password',
    ].filter((name) => name !== false);
    setMissing(wrong);
    if (wrong.length > 0) return;
    const password = takePassword(field);
    void saving.run(async () => {
      await setup.reconnect(mailbox.id, { server, username }, password);
    });
  };

  const errorOf = (name: string, text: string): string | null =>
    missing.includes(name) ? text : fieldError(saving.error, name);
  return (
    <form noValidate className="space-y-4" onSubmit={submit}>
      {form === 'server' && (
        <ServerFields
          fixedProtocol
          server={server}
          onChange={setServer}
          errors={{ host: errorOf('host', connect.required), port: errorOf('port', connect.portRange) }}
        />
      )}
      <TextField
        label={login.username}
        error={errorOf('username', connect.required)}
        value={username}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        onChange={({ target }) => setUsername(target.value)}
      />
      {needed && (
        <PasswordField
          field={field}
          label={test.newPassword}
          error={
            errorOf('password', connect.required) ?? (saving.error !== null ? login.passwordAgain : null)
          }
        />
      )}
      {isElsewhere(saving.error, FIELDS) && <Problem error={saving.error} account={{ server, username }} />}
      <Button type="submit" look="primary" busy={saving.busy}>
        {test.save}
      </Button>
    </form>
  );
}
