/** A maildrop that is visited at every poll, and whose server is listened to. */
import assert from 'node:assert/strict';
import type { Circumstances } from '../engine.ts';
import type { Mortality } from '../gmail-model.ts';
import { assertArrived, mail, maildrop, onPop3 } from './stage.ts';

export const POLL = 300_000;
/** Hours from the beginning of 2026 to when the tests begin. */
export const TODAY = 24 * 59;
export const mails = (from: number, to: number): Buffer[] =>
  Array.from({ length: to - from + 1 }, (_, n) => mail(`${from + n}`, from + n));
/** Of a size of its own. */
export const other = (name: string, bytes = 100): Buffer => mail(name, TODAY, `${'x'.repeat(bytes)}\r\n`);

export async function stageOf(...args: Parameters<typeof onPop3>) {
  const stage = await onPop3(...args);
  const drop = maildrop(stage);
  /** The commands of one visit, after POLL. */
  const visit = async (circumstances?: Circumstances): Promise<string[]> => {
    const from = stage.server.heard.length;
    stage.world.now += POLL;
    const verdict = await stage.visit(circumstances);
    assert.equal(verdict?.faultCode, null);
    return stage.server.heard.slice(from).map(({ verb }) => verb);
  };
  /** Puts another message behind the id at this place. */
  const replace = (place: number, bytes: Buffer): void =>
    drop.fill(drop.messages.map((held, at) => (at === place ? { uidl: held.uidl, bytes } : held)));
  return { ...stage, drop, visit, replace, live: (life: Mortality) => stage.visit({}, life) };
}

export const count = (verbs: readonly string[], verb: string): number =>
  verbs.filter((one) => one === verb).length;
/** Beside UIDL. */
export const asked = (verbs: readonly string[]): string[] =>
  verbs.filter((verb) => /^(?:STAT|LIST|TOP|RETR)$/.test(verb));
export const QUIET = ['STAT'];

/** A maildrop that has been imported and is at rest. */
export async function settledStage(all: readonly Buffer[], ...args: Parameters<typeof onPop3>) {
  const stage = await stageOf(...args);
  for (const bytes of all) stage.drop.add(bytes);
  await stage.visit();
  await stage.visit();
  assertArrived(stage, all);
  return stage;
}
