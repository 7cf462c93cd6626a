import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namedUse } from '../../../src/core/folder-names.ts';

/** What mail programs and providers call their folders: junk, trash, drafts, sent, archive. */
const CALLED: Readonly<Record<string, readonly [string, string, string, string, string]>> = {
  English: ['Junk Email', 'Deleted Items', 'Drafts', 'Sent Items', 'Archive'],
  German: ['Spamverdacht', 'Papierkorb', 'Entwürfe', 'Gesendete Objekte', 'Archiv'],
  French: ['Courrier indésirable', 'Corbeille', 'Brouillons', 'Éléments envoyés', 'Archives'],
  Spanish: ['Correo no deseado', 'Papelera', 'Borradores', 'Enviados', 'Archivo'],
  Italian: ['Posta indesiderata', 'Cestino', 'Bozze', 'Posta inviata', 'Archivio'],
  Portuguese: ['Lixo eletrônico', 'Lixeira', 'Rascunhos', 'Itens Enviados', 'Arquivo Morto'],
  Dutch: ['Ongewenste e-mail', 'Prullenbak', 'Concepten', 'Verzonden items', 'Archief'],
  Polish: ['Wiadomości-śmieci', 'Kosz', 'Szkice', 'Wysłane', 'Archiwum'],
  Swedish: ['Skräppost', 'Papperskorgen', 'Utkast', 'Skickade', 'Arkiv'],
  Danish: ['Uønsket post', 'Papirkurv', 'Kladder', 'Sendt', 'Arkiv'],
  Norwegian: ['Søppelpost', 'Papirkurven', 'Utkast', 'Sendte elementer', 'Arkiv'],
  Finnish: ['Roskaposti', 'Roskakori', 'Luonnokset', 'Lähetetyt', 'Arkisto'],
  Czech: ['Nevyžádaná pošta', 'Koš', 'Koncepty', 'Odeslaná pošta', 'Archiv'],
  Russian: ['Спам', 'Корзина', 'Черновики', 'Отправленные', 'Архив'],
  Turkish: ['İstenmeyen', 'Çöp Kutusu', 'Taslaklar', 'Gönderilmiş Öğeler', 'Arşiv'],
  Japanese: ['迷惑メール', 'ゴミ箱', '下書き', '送信済み', 'アーカイブ'],
  Chinese: ['垃圾邮件', '已删除', '草稿箱', '已发送', '归档'],
};

test('folders are known by name in many languages, however they are written', () => {
  for (const [language, names] of Object.entries(CALLED))
    for (const [at, use] of (['junk', 'trash', 'drafts', 'sent', 'archive'] as const).entries()) {
      const name = names[at] ?? '';
      for (const written of [name, name.toUpperCase(), name.normalize('NFD'), ` ${name} `])
        assert.equal(namedUse(written), use, `${language}: ${written}`);
    }
});

test('the same folders by the names that other programs of a country give them', () => {
  const others = {
    junk: [
      'Junk-E-Mail',
      'Spam-Verdacht',
      'Messages indésirables',
      'No deseados',
      'Ongewenste berichten',
      'Skräp',
    ],
    trash: [
      'Gelöschte E-Mails',
      'Poubelle',
      'Borrados',
      'Itens Apagados',
      'Borttagna',
      '削除済み',
      'Recycle Bin',
    ],
    drafts: ['下書きトレイ'],
    sent: [
      'Courrier envoyé',
      'Messaggi inviati',
      'Wysłane elementy',
      'Отправленные письма',
      '送信済みトレイ',
      'Sent-Items',
    ],
    archive: ['Archivado', 'Arquivados', 'Gearchiveerd', 'Zarchiwizowane'],
  };
  for (const [use, names] of Object.entries(others))
    for (const name of names) assert.equal(namedUse(name), use, name);
});

test('a folder that only sounds alike is nobody’s', () => {
  for (const name of [
    '',
    'Work',
    'Archive of work',
    'Sent to clients',
    'Spam cases',
    'Trash cans',
    'x'.repeat(1e6),
  ])
    assert.equal(namedUse(name), null, name.slice(0, 40));
});
