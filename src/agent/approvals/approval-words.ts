import type { Choice } from '../../channel/channel.js';
import type { Approval } from '../../generated/prisma/client.js';
import type { ApprovalReason, Texts } from '../../texts/texts.js';
import { cut } from '../tools/tool-output.js';

/** What came of an approval. */
export type Decision = 'approved' | 'denied' | 'expired';

/** What a question says in the end; `withdrawn`: its turn was cancelled. */
export type Ending = Decision | 'withdrawn';

/** UTF-16 units of the arguments that are shown to who decides. */
const MAX_ARGUMENT_CHARS = 2_000;

/** Who decides. */
export interface Decider {
  /** For the record. */
  readonly key: string;
  /** For people to read; null: the operator. */
  readonly name: string | null;
}

type Call = Pick<Approval, 'tool' | 'arguments'>;

/** The call so that a person can read it, in Markdown. Pure. */
export function describeCall({ tool, arguments: given }: Call): string {
  return `**${tool}**\n\n\`\`\`json\n${cut(readable(given), MAX_ARGUMENT_CHARS).replaceAll('```', "'''")}\n\`\`\``;
}

function readable(given: string): string {
  try {
    return JSON.stringify(JSON.parse(given), null, 2);
  } catch {
    return given;
  }
}

export function question(call: Call, why: ApprovalReason, { approvals }: Texts): string {
  return `${approvals.question} ${approvals.why[why]}\n\n${describeCall(call)}`;
}

/** The question again, once it is decided. */
export function outcome(call: Call, ending: Ending, by: Decider | null, { approvals }: Texts): string {
  const name = by && (by.name ?? approvals.operator);
  return `${approvals.ending(ending, name)}\n\n${describeCall(call)}`;
}

/** What the model is told of a call that was not allowed. */
export const refusals: Readonly<Record<Exclude<Decision, 'approved'>, string>> = {
  denied:
    'Not called: the person who was asked did not allow it. Do not try it again; say so and offer an alternative.',
  expired: 'Not called: nobody allowed it in time. Say so; do not try it again unless you are asked to.',
};

/** With what the person said why, if anything. */
export function denialOf({ reason }: Pick<Approval, 'reason'>): string {
  return reason === null ? refusals.denied : `${refusals.denied} The reason given: ${reason}`;
}

const PREFIX = 'approval';
const verdicts = { yes: 'approved', no: 'denied' } as const;

/** The buttons under a question; Telegram allows 64 bytes for what each carries. */
export function choicesOf(id: string, { approvals }: Texts): readonly Choice[] {
  return [
    { label: approvals.approve, data: `${PREFIX}:yes:${id}` },
    { label: approvals.deny, data: `${PREFIX}:no:${id}` },
  ];
}

/** Reads what a button carried; null where it is none of ours. */
export function readChoice(data: string): { readonly id: string; readonly decision: Decision } | null {
  const [, verdict, id] =
    /^approval:(yes|no):([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(data) ?? [];
  if (id === undefined || (verdict !== 'yes' && verdict !== 'no')) return null;
  return { id, decision: verdicts[verdict] };
}
