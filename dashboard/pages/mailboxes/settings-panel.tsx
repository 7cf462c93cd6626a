/** How a mailbox is set up, to be read. */
import type { ReactNode } from 'react';
import type { Mailbox } from '../../../src/http/api.ts';
import { effectivePoll, usePlanLimits } from '../../billing.ts';
import { formatDay, formatDuration } from '../../texts/format.ts';
import { mailboxTexts } from '../../texts/mailboxes.ts';
import { providerName, signIn } from '../../texts/sign-in.ts';
import { Card, Section } from '../../ui/card.tsx';
import { FolderNames } from '../../ui/folder-names.tsx';
import { SECTIONS } from '../options/sections.ts';

const texts = mailboxTexts.settings;

export function SettingsPanel({ mailbox }: { mailbox: Mailbox }) {
  const { options } = mailbox;
  const plan = usePlanLimits();
  const yesNo = (value: boolean) => (value ? texts.yes : texts.no);
  return (
    <Section title={texts.title}>
      <Card>
        <dl className="grid gap-x-8 gap-y-3 sm:grid-cols-2">
          <Row name={texts.server}>{mailboxTexts.protocol(mailbox.protocol, mailbox.host, mailbox.port)}</Row>
          <Row name={texts.encryption}>{texts.security[mailbox.security]}</Row>
          <Row name={texts.user}>{mailbox.username}</Row>
          {mailbox.auth === 'oauth' && (
            <Row name={signIn.setting}>{signIn.settingText(providerName(mailbox.provider))}</Row>
          )}
          <Row name={texts.history.label}>{historyText(options)}</Row>
          <Row name={texts.folders}>
            {options.folders === 'all' ? (
              texts.allFolders
            ) : (
              <FolderNames names={options.folders} inbox={texts.inbox} label={texts.folders} />
            )}
          </Row>
          <Row name={texts.skipInbox}>{yesNo(options.skipInbox)}</Row>
          <Row name={texts.neverSpam}>{yesNo(options.neverSpam)}</Row>
          <Row name={texts.poll}>{formatDuration(effectivePoll(options.pollSeconds, plan) * 1000)}</Row>
          {SECTIONS.flatMap(({ linesOf }) => linesOf(mailbox)).map(({ name, text }) => (
            <Row key={name} name={name}>
              {text}
            </Row>
          ))}
          <Row name={texts.connected}>{formatDay(mailbox.createdAt)}</Row>
        </dl>
      </Card>
    </Section>
  );
}

const historyText = ({ history, since }: Mailbox['options']): string =>
  history === 'since' ? texts.history.since(since ?? '') : texts.history[history];

const Row = ({ name, children }: { name: string; children: ReactNode }) => (
  <div className="min-w-0">
    <dt className="text-sm text-muted">{name}</dt>
    <dd className="text-sm font-medium break-words">{children}</dd>
  </div>
);
