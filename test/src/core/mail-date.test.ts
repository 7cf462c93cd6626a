import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readDate } from '../../../src/core/mail-date.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');

const READABLE: readonly (readonly [string, string])[] = [
  ['Fri, 21 Nov 1997 09:55:06 -0600', '1997-11-21T15:55:06Z'],
  ['21 Nov 1997 09:55:06 -0600', '1997-11-21T15:55:06Z'],
  ['Sat, 7 Mar 2026 9:05:00 +0530', '2026-03-07T03:35:00Z'],
  ['SAT, 07 MAR 2026 09:05 +0000', '2026-03-07T09:05:00Z'],
  ['Fri , 21 Nov 97 09 : 55 : 06 GMT', '1997-11-21T09:55:06Z'],
  ['Thu, 13 Feb 69 23:32 -0330', ''],
  ['1 Jan 49 00:00:00 UT', ''],
  ['1 Jan 25 00:00:00 UT', '2025-01-01T00:00:00Z'],
  ['1 Jan 99 00:00:00 Z', '1999-01-01T00:00:00Z'],
  ['1 Jan 099 00:00:00 EST', '1999-01-01T05:00:00Z'],
  ['1 Jul 2025 00:00:00 PDT', '2025-07-01T07:00:00Z'],
  ['1 Jul 2025 00:00:00 A', '2025-07-01T00:00:00Z'],
  ['Sun, 1 Mar 2026 10:00:00 +0100 (CET)', '2026-03-01T09:00:00Z'],
  ['Sun (day (of rest \\) too)), 1 Mar 2026 10:00:00 (noon) -0000', '2026-03-01T10:00:00Z'],
  ['Sun, 1 Mar 2026\t10:00:00   +0000', '2026-03-01T10:00:00Z'],
  ['Mon, 1 Mar 2026 10:00:00 +0000', '2026-03-01T10:00:00Z'],
  ['31 Dec 2016 23:59:60 +0000', '2017-01-01T00:00:00Z'],
  ['29 Feb 2024 00:00:00 +0000', '2024-02-29T00:00:00Z'],
];

const UNREADABLE = [
  '',
  'yesterday',
  '2026-03-01T10:00:00Z',
  '2026-03-01 10:00:00',
  'Sun, 1 Mar 2026',
  'Sun, 1 Mar 2026 10:00:00',
  'Sun, 1 March 2026 10:00:00 +0000',
  'Sonntag, 1 Mar 2026 10:00:00 +0000',
  'So, 1 Mar 2026 10:00:00 +0000',
  'Sun, 1 Mrz 2026 10:00:00 +0000',
  'Sun, 0 Mar 2026 10:00:00 +0000',
  'Sun, 32 Mar 2026 10:00:00 +0000',
  '29 Feb 2026 00:00:00 +0000',
  '1 Mar 2026 24:00:00 +0000',
  '1 Mar 2026 10:60:00 +0000',
  '1 Mar 2026 10:00:61 +0000',
  '1 Mar 2026 10:00:00 J',
  '1 Mar 2026 10:00:00 MESZ',
  '1 Mar 2026 10:00:00 XYZ',
  '1 Mar 2026 10:00:00 +01:00',
  '1 Mar 2026 10:00:00 +2500',
  '1 Mar 2026 10:00:00 +0160',
  '1 Mar 2026 10:00:00 +0000 (open',
  '1 Mar 2026 10:00:00 +0000 trailing',
  '1 Mar 2026 10:00:00 +0000, 2 Mar 2026 10:00:00 +0000',
  '1 Jan 1970 00:00:00 +0000',
  '1 Jan 1904 00:00:00 +0000',
  '1 Jan 0001 00:00:00 +0000',
  '1 Jan 2038 00:00:00 +0000',
  '1 Jan 9999 00:00:00 +0000',
  '1 Jan 20266 00:00:00 +0000',
  '１ Jan 2026 00:00:00 +0000',
  '=?utf-8?q?1_Jan_2026_00=3A00=3A00_+0000?=',
  `1 Mar 2026 10:00:00 +0000 (${'x'.repeat(300)})`,
];

test('a date is read as RFC 5322 writes it, obsolete forms and comments too', () => {
  for (const [text, iso] of READABLE)
    assert.equal(readDate(text, NOW), iso === '' ? null : Date.parse(iso), text);
});

test('what Gmail might not read, and years that nobody wrote in, are none', () => {
  for (const text of UNREADABLE) assert.equal(readDate(text, NOW), null, text);
});

test('a wrong clock is no absurd year', () => {
  assert.notEqual(readDate('1 Jan 2027 00:00:00 +0000', NOW), null);
  assert.equal(readDate('1 Jan 2028 00:00:00 +0000', NOW), null);
});

test('nothing makes it throw, dwell, or give out what is no time', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ maxLength: 256 })), (text) => {
      const at = readDate(text, NOW);
      assert.ok(at === null || Number.isSafeInteger(at));
    }),
  );
  const began = process.cpuUsage();
  for (const char of ['(', ')', ' ', '\t', '\\', '1', ':', ','])
    for (let round = 0; round < 50; round += 1) readDate(`1 ${char.repeat(250)}`, NOW);
  assert.ok(process.cpuUsage(began).user < 1_000_000);
});

test('any time that is written the usual way comes back', () => {
  const times = fc.integer({ min: Date.UTC(1971, 0) / 1000, max: NOW / 1000 });
  fc.assert(
    fc.property(times, (seconds) => {
      const text = new Date(seconds * 1000).toUTCString();
      assert.equal(readDate(text, NOW), seconds * 1000, text);
    }),
  );
});
