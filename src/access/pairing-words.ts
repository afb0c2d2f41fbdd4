import type { Choice } from '../channel/channel.js';
import type { Pairing } from '../generated/prisma/client.js';
import type { QuestionEnding, Texts } from '../texts/texts.js';

/** UTF-16 units of a name that are shown to who decides. */
const MAX_NAME_CHARS = 64;

export type Verdict = 'approved' | 'denied';
export type Asked = Pick<Pairing, 'chatId' | 'userId' | 'name' | 'username' | 'title' | 'code'>;

/** Requests of groups have the ids of groups. */
export const isOfGroup = ({ chatId }: Pick<Pairing, 'chatId'>): boolean => chatId < 0n;

/** What owners and admins are asked, in Markdown. */
export function pairingQuestion(asked: Asked, { pairing }: Texts): string {
  return `${isOfGroup(asked) ? pairing.groupQuestion : pairing.question}\n\n${describe(asked)}`;
}

/** The question again, once it is decided. @param by who decided, for people to read; null: nobody */
export function pairingOutcome(
  asked: Asked,
  ending: QuestionEnding,
  by: string | null,
  { approvals }: Texts,
): string {
  return `${approvals.ending(ending, by)}\n\n${describe(asked)}`;
}

/** Who asks, in a line each. Names are as people chose them: shown as they are, never as Markdown. */
function describe({ chatId, userId, name, username, title, code }: Asked): string {
  const person = [name, username === null ? null : `@${username}`, userId?.toString() ?? null];
  const lines = isOfGroup({ chatId }) ? [[title, chatId.toString()], person, [code]] : [person, [code]];
  return lines
    .map((parts) => parts.map((part) => verbatim(part ?? '')).filter((part) => part !== ''))
    .filter((parts) => parts.length > 0)
    .map((parts) => `- ${parts.join(' · ')}`)
    .join('\n');
}

function verbatim(text: string): string {
  // Marks of direction and other signs that cannot be seen could make a name look like another's.
  const seen = text.replaceAll(/[`\s\p{C}]+/gu, ' ').trim();
  return seen === '' ? '' : `\`${seen.slice(0, MAX_NAME_CHARS).toWellFormed()}\``;
}

const verdicts = { yes: 'approved', no: 'denied' } as const;

/** The buttons under a question; Telegram allows 64 bytes for what each carries. */
export function pairingChoices(id: string, { approvals }: Texts): readonly Choice[] {
  return [
    { label: approvals.approve, data: `pairing:yes:${id}` },
    { label: approvals.deny, data: `pairing:no:${id}` },
  ];
}

/** Reads what a button carried; null where it is none of these. */
export function readPairingChoice(data: string): { readonly id: string; readonly verdict: Verdict } | null {
  const [, verdict, id] = /^pairing:(yes|no):([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(data) ?? [];
  if (id === undefined || (verdict !== 'yes' && verdict !== 'no')) return null;
  return { id, verdict: verdicts[verdict] };
}
