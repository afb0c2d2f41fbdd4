import type { Choice } from '../../channel/capabilities.js';
import type { QuestionText } from '../../delivery/outbox.js';
import type { Approval } from '../../generated/prisma/client.js';
import type { ApprovalReason, I18n } from '../../platform/i18n/i18n.js';
import { type AskedCall, MAX_SHOWN_CHARS, showCall } from './shown-call.js';

/** The outcome of an approval. */
export type Decision = 'approved' | 'denied' | 'expired';

/** The final state of a question; `withdrawn`: its turn was cancelled. */
export type ApprovalEnding = Decision | 'withdrawn';

/** The person or key that decides. */
export interface Decider {
  /** For the record. */
  readonly key: string;
  /** For people to read; null: the operator. */
  readonly name: string | null;
}

/** The approvers if none is named: the asker or, if the asker is not known, admins alone. */
export type Judge = 'asker' | 'admins';

/** The question about a call, in Markdown. */
export function question(
  call: AskedCall,
  why: ApprovalReason,
  judge: Judge,
  { approvals }: I18n,
): QuestionText {
  const asked = [
    approvals.question,
    approvals.why[why],
    ...(judge === 'admins' ? [approvals.adminsOnly] : []),
  ];
  return textOf(asked.join(' '), call, approvals.above);
}

/** The question again, once it is decided. */
export function outcome(
  call: AskedCall,
  ending: ApprovalEnding,
  by: Decider | null,
  i18n: I18n,
): QuestionText {
  const { approvals } = i18n;
  const name = by && (by.name ?? approvals.operator);
  return textOf(approvals.ending(ending, name), call, approvals.above);
}

function textOf(words: string, call: AskedCall, above: (tool: string) => string): QuestionText {
  const about = showCall(call);
  return { whole: `${words}\n\n${about}`, apart: { about, text: `${words} ${above(call.tool)}` } };
}

/** The model's answer for a call that was denied or expired. */
export const refusals: Readonly<Record<Exclude<Decision, 'approved'>, string>> = {
  denied:
    'Not called: the person who was asked did not allow it. Do not try it again; say so and offer an alternative.',
  expired: 'Not called: nobody allowed it in time. Say so; do not try it again unless you are asked to.',
};

/** The model's answer for a call that no person was asked about, because it could not be shown whole. */
export const tooLongToShow =
  `Not called: a person has to allow it and has to see all of it, and with its arguments it is longer than the ` +
  `${MAX_SHOWN_CHARS} characters that can be shown. Call it with shorter arguments, or say that it cannot be done so.`;

/** With the person's reason, if there is one. */
export function denialOf({ reason }: Pick<Approval, 'reason'>): string {
  return reason === null ? refusals.denied : `${refusals.denied} The reason given: ${reason}`;
}

const PREFIX = 'approval';
const verdicts = { yes: 'approved', no: 'denied' } as const;

/** The buttons under a question; Telegram allows 64 bytes for what each carries. */
export function choicesOf(id: string, { approvals }: I18n): readonly Choice[] {
  return [
    { label: approvals.approve, data: `${PREFIX}:yes:${id}` },
    { label: approvals.deny, data: `${PREFIX}:no:${id}` },
  ];
}

/** Reads a button's data; null for another button's. */
export function readChoice(data: string): { readonly id: string; readonly decision: Decision } | null {
  const [, verdict, id] =
    /^approval:(yes|no):([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(data) ?? [];
  if (id === undefined || (verdict !== 'yes' && verdict !== 'no')) return null;
  return { id, decision: verdicts[verdict] };
}
