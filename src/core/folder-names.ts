/** What folders are called by the mail programs and servers of many countries, where a server does not tell their use. */
import type { FolderUse } from './folder.ts';

type Named = Extract<FolderUse, 'sent' | 'archive' | 'drafts' | 'junk' | 'trash'>;

/** English, German, French, Spanish, Italian, Portuguese, Dutch, Polish, the Nordic languages, Finnish, Czech, Slovak, Hungarian, Romanian, Russian, Ukrainian, Turkish, Greek, Japanese, Chinese, Korean. */
const NAMES: Readonly<Record<Named, string>> = {
  junk: `junk|junk-e-mail|junk-mail|bulk email|spam-verdacht|unerwünschte e-mails|indésirable|messages indésirables|no deseados
    |posta indesiderabile|correio eletrónico não solicitado|e-mail de lixo|ongewenste reclame|ongewenste berichten|skräp|oönskat
    |нежелательные|迷惑メールフォルダ|junk mail|junk e-mail|junk email|spam|spam mail|bulk|bulk mail|unwanted|spamverdacht|unerwünscht
    |unerwünschte werbung|courrier indésirable|indésirables|pourriel|pourriels|correo no deseado|no deseado|correo basura
    |posta indesiderata|indesiderata|lixo eletrônico|lixo eletrónico|correio eletrónico de lixo|correio não solicitado
    |ongewenst|ongewenste e-mail|ongewenste post|niechciane|wiadomości-śmieci|wiadomości śmieci|skräppost
    |uønsket post|uønsket e-mail|søppelpost|søppel-e-post|roskaposti|nevyžádaná pošta|nevyžiadaná pošta|levélszemét
    |mesaje nedorite|спам|нежелательная почта|небажана пошта|önemsiz|önemsiz e-posta|gereksiz|istenmeyen
    |ανεπιθύμητα|ανεπιθύμητη αλληλογραφία|迷惑メール|スパム|垃圾邮件|垃圾郵件|垃圾信件|垃圾箱|スパムメール|스팸|스팸메일|스팸 메일함|정크 메일`,
  trash: `trash|recycle bin|wastebasket|gelöschte e-mails|poubelle|papelera de reciclaje|borrados|elementos borrados
    |messaggi eliminati|mensagens apagadas|itens apagados|excluídos|reciclagem|verwijderde berichten|usunięte elementy|borttagna
    |borttagna meddelanden|удаленные сообщения|удалённые сообщения|削除済み|削除済みメッセージ|deleted|deleted items|deleted messages|deleted mail|bin|papierkorb|gelöscht|gelöschte objekte|gelöschte elemente
    |gelöschte nachrichten|corbeille|éléments supprimés|messages supprimés|supprimés|papelera|elementos eliminados
    |mensajes eliminados|eliminados|cestino|posta eliminata|eliminati|elementi eliminati|lixeira|lixo|itens excluídos
    |itens eliminados|mensagens excluídas|caixote do lixo|prullenbak|prullenmand|verwijderde items|verwijderd|kosz
    |elementy usunięte|usunięte|papperskorgen|papperskorg|borttagna objekt|borttaget|papirkurv|papirkurven|slettet post
    |slettede elementer|slettede meldinger|slettet|roskakori|poistetut|poistetut viestit|koš|odstraněná pošta
    |odstraněné položky|kôš|odstránené položky|odstránená pošta|kuka|lomtár|törölt elemek|coș de gunoi|elemente șterse
    |корзина|удаленные|удалённые|удаленные элементы|удалённые элементы|кошик|видалені|çöp|çöp kutusu|silinmiş öğeler
    |silinenler|κάδος|κάδος απορριμμάτων|διαγραμμένα|ごみ箱|ゴミ箱|削除済みアイテム|削除済みメール|已删除|已删除邮件|已刪除
    |刪除的郵件|废纸篓|垃圾桶|回收站|휴지통|지운 편지함|삭제된 항목`,
  drafts: `draft|下書きメール|下書きトレイ|drafts|draft messages|entwurf|entwürfe|brouillon|brouillons|borrador|borradores|bozza|bozze|rascunho|rascunhos
    |concepten|szkic|szkice|kopie robocze|robocze|wersje robocze|utkast|kladde|kladder|luonnos|luonnokset|koncepty
    |rozepsané|rozpracované|piszkozat|piszkozatok|ciorne|schițe|черновик|черновики|чернетки|taslak|taslaklar|πρόχειρα|下書き
    |草稿|草稿箱|草稿匣|草稿夹|임시보관함|임시 보관함`,
  sent: `sent|sent email|sent e-mail|sent-items|sentmail|gesendete mails|courrier envoyé|courriers envoyés|objets envoyés
    |messaggi inviati|correio enviado|e-mails enviados|wysłane elementy|skickade meddelanden|skickad e-post
    |отправленные сообщения|отправленные письма|отправленные элементы|送信済みメッセージ|送信済みトレイ|送信箱|sent mail|sent-mail|sent items|sent messages|gesendet|gesendete|gesendete objekte|gesendete elemente
    |gesendete nachrichten|gesendete e-mails|envoyé|envoyés|messages envoyés|éléments envoyés|enviado|enviados
    |elementos enviados|mensajes enviados|correo enviado|inviata|inviati|posta inviata|elementi inviati
    |mensagens enviadas|itens enviados|enviadas|verzonden|verzonden items|verzonden berichten|wysłane|elementy wysłane
    |wiadomości wysłane|skickat|skickade|skickade objekt|sendt|sendte|sendt post|sendte elementer|sendte meldinger|lähetetyt
    |lähetetyt viestit|odeslaná pošta|odeslané|odeslané položky|odoslaná pošta|odoslané|elküldött|elküldött elemek
    |elküldött üzenetek|trimise|elemente trimise|отправленные|надіслані|gönderilmiş
    |gönderilmiş öğeler|gönderilenler|gönderilen|απεσταλμένα|送信済み|送信済みメール|送信済みアイテム|已发送|已发送邮件|已傳送|寄件備份
    |已发邮件|보낸편지함|보낸 편지함|보낸 메일함`,
  archive: `archive|archivado|archivadas|archiviata|archiviate|arquivado|arquivados|gearchiveerd|zarchiwizowane|arkiverade|archives|archived|archiv|archivé|archivés|archivo|archivados|archivio|archiviati|arquivo|arquivos|arquivadas
    |arquivo morto|archief|archiwum|arkiv|arkiverat|arkivert|arkisto|arkistoidut|archivovat|archív|archívum|arhivă|архив|архів
    |arşiv|αρχείο|αρχειοθήκη|アーカイブ|存档|归档|封存|封存郵件|보관함|보관 편지함`,
};

/** The dot goes that lower case leaves of a Turkish İ. */
const fold = (name: string): string =>
  name.normalize('NFKC').toLowerCase().replaceAll('\u0307', '').replace(/\s+/g, ' ').trim();

const USES: ReadonlyMap<string, Named> = new Map(
  (Object.keys(NAMES) as Named[]).flatMap((use) =>
    NAMES[use].split('|').map((name): [string, Named] => [fold(name), use]),
  ),
);

/** Longer names are nobody's for these. */
const LONGEST = 64;

/** By a folder's own name, without those of its parents; null: none that is known. */
export const namedUse = (name: string): Named | null =>
  name.length > LONGEST ? null : (USES.get(fold(name)) ?? null);
