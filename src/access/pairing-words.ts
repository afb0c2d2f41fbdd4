import type { Choice } from '../channel/capabilities.js';
import type { Pairing } from '../generated/prisma/client.js';
import type { QuestionEnding, I18n } from '../platform/i18n/i18n.js';
import { visible } from '../platform/i18n/visible-text.js';

/** UTF-16 units of a name in a question. */
const MAX_NAME_CHARS = 64;

export type PairingVerdict = 'approved' | 'denied';
export type PairingRequest = Pick<
  Pairing,
  'chatId' | 'ofGroup' | 'userId' | 'name' | 'username' | 'title' | 'code'
>;

/** Writes the question to owners and admins, in Markdown. */
export function pairingQuestion(asked: PairingRequest, { pairing }: I18n): string {
  return `${asked.ofGroup ? pairing.groupQuestion : pairing.question}\n\n${describe(asked)}`;
}

/** Writes the question again, once it is decided. @param by the decider, for people to read; null: nobody */
export function pairingOutcome(
  asked: PairingRequest,
  ending: QuestionEnding,
  by: string | null,
  { approvals }: I18n,
): string {
  return `${approvals.ending(ending, by)}\n\n${describe(asked)}`;
}

/** Describes the group and the person who ask, a line each. Names are shown as people chose them, never as Markdown. */
function describe({ chatId, ofGroup, userId, name, username, title, code }: PairingRequest): string {
  const person = [name, username === null ? null : `@${username}`, userId];
  const lines = ofGroup ? [[title, chatId], person, [code]] : [person, [code]];
  return lines
    .map((parts) => parts.map((part) => verbatim(part ?? '')).filter((part) => part !== ''))
    .filter((parts) => parts.length > 0)
    .map((parts) => `- ${parts.join(' · ')}`)
    .join('\n');
}

function verbatim(text: string): string {
  // Invisible characters could make a name look like another's.
  const seen = visible(text.replaceAll(/[`\s]+/gu, ' ').trim());
  return seen === '' ? '' : `\`${seen.slice(0, MAX_NAME_CHARS).toWellFormed()}\``;
}

const verdicts = { yes: 'approved', no: 'denied' } as const;

/** The buttons under a question; Telegram allows 64 bytes of data for each. */
export function pairingChoices(id: string, { approvals }: I18n): readonly Choice[] {
  return [
    { label: approvals.approve, data: `pairing:yes:${id}` },
    { label: approvals.deny, data: `pairing:no:${id}` },
  ];
}

/** Reads a button's data; null if it is not one of these. */
export function readPairingChoice(
  data: string,
): { readonly id: string; readonly verdict: PairingVerdict } | null {
  const [, verdict, id] = /^pairing:(yes|no):([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(data) ?? [];
  if (id === undefined || (verdict !== 'yes' && verdict !== 'no')) return null;
  return { id, verdict: verdicts[verdict] };
}
