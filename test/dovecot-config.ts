/** How Debian's Dovecot is set up for tests: wholly inside one directory, on loopback ports. */
import { execFileSync } from 'node:child_process';
import { userInfo } from 'node:os';
import { join } from 'node:path';

export interface DovecotPorts {
  readonly imap: number;
  readonly imaps: number;
  readonly pop3: number;
  readonly pop3s: number;
}

const NOBODY = 65_534;
export const isRoot = (): boolean => process.getuid?.() === 0;
/** Dovecot serves no mail to root. */
export const mailUid = (): number => (isRoot() ? NOBODY : (process.getuid?.() ?? 0));
export const mailGid = (): number => (isRoot() ? NOBODY : (process.getgid?.() ?? 0));

/** Where what clients of this user say is written down, once the directory is there. */
export const heardIn = (dir: string, user: string): string => join(dir, 'heard', user);

/** https://doc.dovecot.org/2.3/settings/ `more`: further settings; they count over those in front of them. */
export function configuration(
  dir: string,
  ports: DovecotPorts,
  specialUses: Readonly<Record<string, string>>,
  more: string,
): string {
  const uses = Object.entries(specialUses).map(
    ([name, use]) => `  mailbox ${name} {\n    special_use = ${use}\n  }\n`,
  );
  const users = isRoot()
    ? ''
    : `default_internal_user = ${userInfo().username}
default_login_user = ${userInfo().username}
default_internal_group = ${execFileSync('id', ['-gn'], { encoding: 'utf8' }).trim()}`;
  const login = (protocol: string, plain: number, tls: number) => `
service ${protocol}-login {
  chroot =
  service_count = 0
  inet_listener ${protocol} {
    port = ${plain}
  }
  inet_listener ${protocol}s {
    port = ${tls}
    ssl = yes
  }
}`;
  return `
base_dir = ${dir}/run
state_dir = ${dir}/state
log_path = /dev/stderr
${users}
protocols = imap pop3
listen = 127.0.0.1
ssl = required
ssl_cert = <${dir}/cert.pem
ssl_key = <${dir}/key.pem
disable_plaintext_auth = yes
auth_failure_delay = 0
mail_max_userip_connections = 200
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:${dir}/mail/%u
mailbox_list_index = no
rawlog_dir = ${heardIn(dir, '%u')}
namespace inbox {
  inbox = yes
${uses.join('')}}
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u ${dir}/passwd/%u
}
userdb {
  driver = static
  args = uid=${mailUid()} gid=${mailGid()} home=${dir}/mail/%u allow_all_users=yes
}
service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  chroot =
}
${login('imap', ports.imap, ports.imaps)}
${login('pop3', ports.pop3, ports.pop3s)}
${more}
`;
}
