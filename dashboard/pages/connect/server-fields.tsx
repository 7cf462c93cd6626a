/** Which server: for whoever enters it by hand, and for mending one that did not answer. */
import { connect } from '../../texts/connect.ts';
import { SelectField, TextField } from '../../ui/field.tsx';
import type { ServerInput } from './stored.ts';

const PORTS = { imap: { tls: '993', starttls: '143' }, pop3: { tls: '995', starttls: '110' } } as const;
const STANDARD: readonly string[] = ['993', '143', '995', '110', ''];

/** The port that belongs to the choice, unless an unusual one was entered. */
const withPort = (server: ServerInput): ServerInput =>
  STANDARD.includes(server.port) ? { ...server, port: PORTS[server.protocol][server.security] } : server;

export const isPort = (port: string): boolean =>
  /^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535;

export interface ServerErrors {
  readonly host: string | null;
  readonly port: string | null;
}

export function ServerFields({
  server,
  onChange,
  errors,
  fixedProtocol = false,
}: {
  server: ServerInput;
  onChange: (server: ServerInput) => void;
  errors: ServerErrors;
  /** The protocol of a draft cannot be changed. */
  fixedProtocol?: boolean;
}) {
  const { login } = connect;
  return (
    <div className="grid gap-4 sm:grid-cols-6">
      {!fixedProtocol && (
        <SelectField
          label={login.protocol}
          className="sm:col-span-2"
          value={server.protocol}
          onChange={({ target }) =>
            onChange(withPort({ ...server, protocol: target.value === 'pop3' ? 'pop3' : 'imap' }))
          }
        >
          <option value="imap">{login.imap}</option>
          <option value="pop3">{login.pop3}</option>
        </SelectField>
      )}
      <TextField
        label={login.host}
        hint={login.hostHint}
        error={errors.host}
        className={fixedProtocol ? 'sm:col-span-6' : 'sm:col-span-4'}
        value={server.host}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        inputMode="url"
        onChange={({ target }) => onChange({ ...server, host: target.value })}
      />
      <SelectField
        label={login.security}
        className="sm:col-span-3"
        value={server.security}
        onChange={({ target }) =>
          onChange(withPort({ ...server, security: target.value === 'starttls' ? 'starttls' : 'tls' }))
        }
      >
        <option value="tls">{login.tls}</option>
        <option value="starttls">{login.starttls}</option>
      </SelectField>
      <TextField
        label={login.port}
        error={errors.port}
        className="sm:col-span-3"
        value={server.port}
        inputMode="numeric"
        autoComplete="off"
        onChange={({ target }) => onChange({ ...server, port: target.value.trim() })}
      />
    </div>
  );
}
