/** Access providers whose customers have mailboxes; sources as in provider-table.ts. */
import type { Provider } from './provider.ts';

/** Hosts `imap.<name>` and `pop.<name>`, the whole address as user name: the commonest of all. */
const plain = (name: string, ...others: readonly string[]): Provider => ({
  domains: [name, ...others],
  imap: `imap.${name}`,
  pop3: `pop.${name}`,
});

const DACH: readonly Provider[] = [
  {
    domains: ['t-online.de', 'magenta.de'],
    imap: 'secureimap.t-online.de',
    pop3: 'securepop.t-online.de',
    auth: 'app-password',
    url: 'https://www.telekom.de/hilfe/apps-dienste/e-mail/programme/passwort-verwalten',
    setting: 'Passwort für E-Mail-Programme',
  },
  { domains: ['freenet.de'], imap: 'mx.freenet.de' },
  {
    domains: ['vodafonemail.de', 'arcor.de', 'kabelmail.de'],
    imap: 'imap.vodafonemail.de',
    pop3: 'pop3.vodafonemail.de',
  },
  { domains: ['a1.net', 'aon.at'], imap: 'securemail.a1.net' },
  { domains: ['bluewin.ch', 'bluemail.ch'], imap: 'imaps.bluewin.ch', pop3: 'pop3s.bluewin.ch' },
];

const FRANCE_BENELUX: readonly Provider[] = [
  plain('orange.fr', 'wanadoo.fr'),
  { ...plain('free.fr'), usernames: ['local part'] },
  { ...plain('laposte.net'), usernames: ['local part'] },
  plain('sfr.fr', 'neuf.fr', 'club-internet.fr'),
  plain(
    'ziggo.nl',
    'ziggomail.com',
    'casema.nl',
    'upcmail.nl',
    'chello.nl',
    'home.nl',
    'quicknet.nl',
    'multiweb.nl',
  ),
  {
    ...plain(
      'kpnmail.nl',
      'kpnplanet.nl',
      'planet.nl',
      'wxs.nl',
      'hetnet.nl',
      'telfort.nl',
      'tiscali.nl',
      'xs4all.nl',
    ),
    startTls: true,
  },
  { domains: ['telenet.be'], imap: 'imap.telenet.be' },
  plain('proximus.be', 'skynet.be', 'belgacom.net'),
];

const SOUTH: readonly Provider[] = [
  {
    domains: ['libero.it', 'iol.it', 'blu.it', 'inwind.it', 'giallo.it'],
    imap: 'imapmail.libero.it',
    pop3: 'popmail.libero.it',
  },
  { domains: ['virgilio.it'], imap: 'in.virgilio.it', pop3: 'in.virgilio.it' },
  plain('tiscali.it'),
  plain('fastwebnet.it'),
  plain('sapo.pt', 'meo.pt'),
];

const BRITAIN: readonly Provider[] = [
  {
    domains: ['btinternet.com', 'btopenworld.com', 'talk21.com'],
    imap: 'mail.btinternet.com',
    pop3: 'mail.btinternet.com',
  },
  { domains: ['sky.com'], imap: 'imap.tools.sky.com', pop3: 'pop.tools.sky.com' },
  { domains: ['virginmedia.com'], imap: 'imap.virginmedia.com', pop3: 'pop3.virginmedia.com' },
  { domains: ['ntlworld.com'], imap: 'imap.ntlworld.com', pop3: 'pop3.ntlworld.com' },
  { domains: ['virgin.net'], imap: 'imap4.virgin.net', pop3: 'pop.virgin.net' },
  { domains: ['blueyonder.co.uk'], imap: 'imap4.blueyonder.co.uk', pop3: 'pop3.blueyonder.co.uk' },
];

const EAST: readonly Provider[] = [
  { domains: ['wp.pl'], imap: 'imap.wp.pl', pop3: 'pop3.wp.pl', usernames: ['local part'] },
  {
    domains: ['o2.pl', 'go2.pl', 'tlen.pl', 'prokonto.pl'],
    imap: 'poczta.o2.pl',
    pop3: 'poczta.o2.pl',
    usernames: ['local part'],
    hint: 'access-off',
    url: 'https://pomoc.o2.pl/aktywacja-dostepu-dla-programow-pocztowych',
  },
  {
    domains: ['onet.pl', 'onet.eu', 'op.pl', 'vp.pl', 'autograf.pl', 'poczta.onet.pl', 'spoko.pl'],
    imap: 'imap.poczta.onet.pl',
    pop3: 'pop3.poczta.onet.pl',
  },
  {
    domains: ['seznam.cz', 'email.cz', 'post.cz', 'spoluzaci.cz'],
    imap: 'imap.seznam.cz',
    pop3: 'pop3.seznam.cz',
  },
  plain('rambler.ru'),
];

const AMERICAS: readonly Provider[] = [
  {
    domains: ['comcast.net'],
    imap: 'imap.comcast.net',
    pop3: 'mail.comcast.net',
    startTls: true,
    hint: 'access-off',
    url: 'https://www.xfinity.com/support/articles/third-party-email-access',
    setting: 'Third Party Access Security',
  },
  {
    domains: [
      'att.net',
      'ameritech.net',
      'bellsouth.net',
      'currently.com',
      'flash.net',
      'nvbell.net',
      'pacbell.net',
      'prodigy.net',
      'sbcglobal.net',
      'snet.net',
      'swbell.net',
      'wans.net',
    ],
    imap: 'imap.mail.att.net',
    pop3: 'inbound.att.net',
    // AT&T calls it a secure mail key.
    auth: 'app-password',
    setting: 'Secure mail key',
  },
  {
    // Cox gave its mail to Yahoo.
    domains: ['cox.net'],
    imap: 'imap.mail.yahoo.com',
    pop3: 'pop.mail.yahoo.com',
    auth: 'app-password',
    url: 'https://help.yahoo.com/kb/SLN15241.html',
    setting: 'Generate app password',
  },
  {
    domains: ['charter.net', 'spectrum.net', 'bresnan.net'],
    imap: 'mobile.charter.net',
    pop3: 'mobile.charter.net',
  },
  plain('earthlink.net', 'mindspring.com', 'ix.netcom.com'),
  {
    domains: ['centurylink.net', 'embarqmail.com'],
    imap: 'mail.centurylink.net',
    pop3: 'pop.centurylink.net',
  },
  { domains: ['bell.net', 'sympatico.ca'], imap: 'imap.bell.net', pop3: 'pophm.sympatico.ca' },
  {
    domains: ['uol.com.br'],
    imap: 'imap.uol.com.br',
    pop3: 'pop3.uol.com.br',
    usernames: ['local part'],
    hint: 'access-off',
    setting: 'Ativar IMAP',
  },
  { domains: ['bol.com.br'], imap: 'imap.bol.com.br', pop3: 'pop3.bol.com.br', usernames: ['local part'] },
];

const ASIA_PACIFIC: readonly Provider[] = [
  plain('telstra.com', 'bigpond.com', 'bigpond.net.au', 'bigpond.net'),
  { domains: ['xtra.co.nz'], imap: 'imap.xtra.co.nz', pop3: 'pop3.xtra.co.nz' },
  plain('naver.com'),
  { domains: ['daum.net'], imap: 'imap.daum.net' },
  {
    domains: ['qq.com'],
    imap: 'imap.qq.com',
    auth: 'app-password',
    url: 'https://service.mail.qq.com/detail/0/1087',
    setting: '授权码',
  },
  { domains: ['163.com'], imap: 'imap.163.com', auth: 'app-password', setting: '授权码' },
  { domains: ['126.com'], imap: 'imap.126.com', auth: 'app-password', setting: '授权码' },
  { domains: ['yeah.net'], imap: 'imap.yeah.net', auth: 'app-password', setting: '授权码' },
  {
    domains: ['yahoo.co.jp'],
    pop3: 'pop.mail.yahoo.co.jp',
    usernames: ['local part'],
  },
  { domains: ['rediffmail.com'], pop3: 'pop.rediffmail.com' },
];

export const ISPS: readonly Provider[] = [
  ...DACH,
  ...FRANCE_BENELUX,
  ...SOUTH,
  ...BRITAIN,
  ...EAST,
  ...AMERICAS,
  ...ASIA_PACIFIC,
];
