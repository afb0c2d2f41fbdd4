import type { Choice } from '../../channel/channel.js';
import type { Approval } from '../../generated/prisma/client.js';
import { cut } from '../tools/tool-output.js';

/** What came of an approval. */
export type Decision = 'approved' | 'denied' | 'expired';

/** What a question says in the end; `withdrawn`: its turn was cancelled. */
export type Ending = Decision | 'withdrawn';

/** UTF-16 units of the arguments that are shown to who decides. */
const MAX_ARGUMENT_CHARS = 2_000;

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

export function question(call: Call): string {
  return `May I do this?\n\n${describeCall(call)}`;
}

/** The question again, once it is decided. */
const endings: Readonly<Record<Ending, string>> = {
  approved: 'Approved',
  denied: 'Denied',
  expired: 'Nobody answered in time',
  withdrawn: 'No longer asked for',
};

export function outcome(call: Call, ending: Ending, by: string | null): string {
  const words = endings[ending];
  return `${words}${by ? ` by ${by}` : ''}:\n\n${describeCall(call)}`;
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
export function choicesOf(id: string): readonly Choice[] {
  return [
    { label: '✅ Approve', data: `${PREFIX}:yes:${id}` },
    { label: '❌ Deny', data: `${PREFIX}:no:${id}` },
  ];
}

/** Reads what a button carried; null where it is none of ours. */
export function readChoice(data: string): { readonly id: string; readonly decision: Decision } | null {
  const [, verdict, id] = /^approval:(yes|no):([0-9a-f-]{36})$/.exec(data) ?? [];
  if (id === undefined || (verdict !== 'yes' && verdict !== 'no')) return null;
  return { id, decision: verdicts[verdict] };
}
