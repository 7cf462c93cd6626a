/**
 * Providers as data. Hosts and user names as the provider's own help pages and Thunderbird's ISP database
 * (https://github.com/thunderbird/autoconfig) agree on; what could not be confirmed is left out, autoconfig
 * finds it. Ports are the standard ones, always.
 */
import { ISPS } from './isp-table.ts';
import type { Provider } from './provider.ts';

/** The same second-level name under many ends. */
const under = (name: string, ends: string): readonly string[] =>
  ends.split(' ').map((end) => `${name}.${end}`);

const YAHOO = {
  imap: 'imap.mail.yahoo.com',
  pop3: 'pop.mail.yahoo.com',
  auth: 'app-password',
  url: 'https://help.yahoo.com/kb/SLN15241.html',
  setting: 'Generate app password',
} as const;

const AOL = {
  imap: 'imap.aol.com',
  pop3: 'pop.aol.com',
  auth: 'app-password',
  url: 'https://help.aol.com/articles/Create-and-manage-app-password',
  setting: 'Generate app password',
} as const;

/** Addresses of its own and domains of one's own have servers of their own. */
const zoho = (end: string, domains: readonly string[]): readonly Provider[] => {
  const switchedOff = {
    hint: 'access-off',
    url: 'https://www.zoho.com/mail/help/imap-access.html',
    setting: 'IMAP Access',
  } as const;
  return [
    { domains, imap: `imap.zoho.${end}`, pop3: `pop.zoho.${end}`, ...switchedOff },
    {
      domains: [],
      exchangers: [`zoho.${end}`],
      imap: `imappro.zoho.${end}`,
      pop3: `poppro.zoho.${end}`,
      ...switchedOff,
    },
  ];
};

const ionos = (end: string): Provider => ({
  domains: [],
  exchangers: [`ionos.${end}`],
  imap: `imap.ionos.${end}`,
  pop3: `pop.ionos.${end}`,
});

const MAIL_SERVICES: readonly Provider[] = [
  {
    domains: ['gmail.com', 'googlemail.com'],
    exchangers: ['google.com', 'googlemail.com'],
    imap: 'imap.gmail.com',
    pop3: 'pop.gmail.com',
    auth: 'app-password',
    hint: 'already-gmail',
    url: 'https://support.google.com/accounts/answer/185833',
    setting: 'App passwords',
  },
  {
    domains: [
      'msn.com',
      'windowslive.com',
      'passport.com',
      ...under('outlook', 'com at be cl cz de dk es fr hu ie in it jp kr lv my ph pt sa sg sk'),
      ...under('outlook', 'co.id co.il co.th com.ar com.au com.br com.gr com.tr com.vn'),
      ...under('hotmail', 'com be ca cl cz de dk es fi fr gr hu it lt lv my nl no ph rs se sg sk'),
      ...under(
        'hotmail',
        'co.id co.il co.in co.jp co.kr co.th co.uk co.za com.ar com.au com.br com.hk com.tr',
      ),
      ...under('live', 'com at be ca cl cn de dk fi fr hk ie in it jp nl no ru se'),
      ...under('live', 'co.kr co.uk co.za com.ar com.au com.mx com.my com.ph com.pt com.sg'),
    ],
    // Microsoft 365, too.
    exchangers: ['outlook.com', 'mx.microsoft'],
    imap: 'outlook.office365.com',
    pop3: 'outlook.office365.com',
    auth: 'oauth',
    url: 'https://support.microsoft.com/office/d088b986-291d-42b8-9564-9c414e2aa040',
  },
  {
    domains: [
      'ymail.com',
      'rocketmail.com',
      'myyahoo.com',
      ...under('yahoo', 'com ca de it fr es se co.in co.uk co.nz com.au com.ar com.br com.mx'),
    ],
    exchangers: ['yahoodns.net'],
    ...YAHOO,
  },
  {
    domains: [
      'aim.com',
      'netscape.net',
      'netscape.com',
      'compuserve.com',
      'cs.com',
      'wmconnect.com',
      // Verizon gave its mail to AOL.
      'verizon.net',
      ...under('aol', 'com de it fr es se co.uk co.nz com.au com.ar com.br com.mx'),
    ],
    exchangers: ['gm0.yahoodns.net'],
    ...AOL,
  },
  {
    domains: ['icloud.com', 'me.com', 'mac.com'],
    exchangers: ['mail.icloud.com'],
    // Apple's help: the name alone, and the whole address where that does not work.
    usernames: ['local part', 'address'],
    imap: 'imap.mail.me.com',
    auth: 'app-password',
    url: 'https://support.apple.com/en-us/102654',
    setting: 'App-Specific Passwords',
  },
  {
    domains: ['fastmail.com', 'fastmail.fm'],
    exchangers: ['messagingengine.com'],
    imap: 'imap.fastmail.com',
    pop3: 'pop.fastmail.com',
    auth: 'app-password',
    url: 'https://fastmail.help/hc/en-us/articles/1500000279921',
    setting: 'Manage app passwords and access',
  },
  {
    domains: [...under('gmx', 'net de at ch eu biz org info'), 'mein.gmx', 'mail.gmx', 'email.gmx'],
    exchangers: ['gmx.net'],
    imap: 'imap.gmx.net',
    pop3: 'pop.gmx.net',
    startTls: true,
    hint: 'access-off',
    url: 'https://hilfe.gmx.net/pop-imap/einschalten.html',
    setting: 'POP3 & IMAP',
  },
  {
    domains: under(
      'gmx',
      'com us co.uk es fr ca cn hk ie ph pt ru se sg tw it li tm co.in com.br com.my com.tr',
    ),
    imap: 'imap.gmx.com',
    pop3: 'pop.gmx.com',
    startTls: true,
    hint: 'access-off',
    url: 'https://support.gmx.com/pop-imap/toggle.html',
    setting: 'POP3 & IMAP',
  },
  {
    domains: ['web.de'],
    imap: 'imap.web.de',
    pop3: 'pop3.web.de',
    startTls: true,
    usernames: ['local part'],
    hint: 'access-off',
    url: 'https://hilfe.web.de/pop-imap/einschalten.html',
    setting: 'POP3/IMAP',
  },
  {
    domains: [
      'mail.com',
      'email.com',
      'post.com',
      'usa.com',
      'consultant.com',
      'dr.com',
      'engineer.com',
      'europe.com',
    ],
    imap: 'imap.mail.com',
    pop3: 'pop.mail.com',
    startTls: true,
  },
  ...zoho('com', ['zoho.com', 'zohomail.com']),
  ...zoho('eu', ['zoho.eu', 'zohomail.eu']),
  ...zoho('in', ['zoho.in', 'zohomail.in']),
  ...zoho('com.au', ['zoho.com.au', 'zohomail.com.au']),
  {
    domains: [...under('yandex', 'ru com net by kz ua'), 'ya.ru', 'narod.ru'],
    exchangers: ['yandex.net', 'yandex.ru'],
    imap: 'imap.yandex.com',
    pop3: 'pop.yandex.com',
    auth: 'app-password',
    url: 'https://yandex.com/support/id/authorization/app-passwords.html',
    setting: 'App passwords',
  },
  {
    domains: ['mail.ru', 'inbox.ru', 'list.ru', 'bk.ru'],
    imap: 'imap.mail.ru',
    pop3: 'pop.mail.ru',
    auth: 'app-password',
  },
  {
    domains: ['proton.me', 'protonmail.com', 'protonmail.ch', 'pm.me'],
    exchangers: ['protonmail.ch'],
    hint: 'bridge-needed',
    url: 'https://proton.me/mail/bridge',
  },
  {
    domains: ['tuta.com', 'tuta.io', 'tutanota.com', 'tutanota.de', 'tutamail.com', 'keemail.me'],
    exchangers: ['tutanota.de'],
    hint: 'no-access',
  },
  {
    domains: under('posteo', 'de net org com eu at ch be co.uk uk fr it es nl pl se no dk fi lu li us'),
    exchangers: ['posteo.de'],
    imap: 'posteo.de',
    pop3: 'posteo.de',
    startTls: true,
  },
  {
    domains: ['mailbox.org'],
    exchangers: ['mailbox.org'],
    imap: 'imap.mailbox.org',
    pop3: 'pop3.mailbox.org',
  },
  {
    domains: ['runbox.com', 'runbox.no', 'runbox.us'],
    imap: 'mail.runbox.com',
    pop3: 'mail.runbox.com',
    hint: 'user-name',
    url: 'https://help.runbox.com/email-program-settings/',
  },
  { domains: ['pobox.com'], imap: 'mail.pobox.com', pop3: 'mail.pobox.com', startTls: true },
];

/** Where domains of one's own live: found by their mail exchangers. */
const HOSTERS: readonly Provider[] = [
  { domains: [], exchangers: ['emailsrvr.com'], imap: 'secure.emailsrvr.com' },
  { domains: ['one.com'], exchangers: ['one.com'], imap: 'imap.one.com' },
  {
    domains: ['online.de', 'onlinehome.de'],
    exchangers: ['kundenserver.de'],
    imap: 'imap.1und1.de',
    pop3: 'pop.1und1.de',
    startTls: true,
  },
  ...['de', 'com', 'co.uk', 'es', 'fr'].map(ionos),
  { domains: ['strato.de'], exchangers: ['rzone.de'], imap: 'imap.strato.de', pop3: 'pop3.strato.de' },
  { domains: [], exchangers: ['ovh.net'], imap: 'ssl0.ovh.net', pop3: 'ssl0.ovh.net' },
  {
    domains: ['ik.me', 'ikmail.com', 'etik.com'],
    exchangers: ['infomaniak.ch', 'infomaniak.com'],
    imap: 'mail.infomaniak.com',
    pop3: 'mail.infomaniak.com',
  },
  { domains: [], exchangers: ['mail.hostpoint.ch'], imap: 'imap.mail.hostpoint.ch' },
  { domains: [], exchangers: ['gandi.net'], imap: 'mail.gandi.net', pop3: 'mail.gandi.net', startTls: true },
  { domains: [], exchangers: ['ispgateway.de'], imap: 'sslin.df.eu', pop3: 'sslin.df.eu' },
  {
    domains: [],
    exchangers: ['secureserver.net'],
    imap: 'imap.secureserver.net',
    pop3: 'pop.secureserver.net',
  },
];

export const PROVIDERS: readonly Provider[] = [...MAIL_SERVICES, ...HOSTERS, ...ISPS];
