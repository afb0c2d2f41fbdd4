import type { NotificationType } from '../notification-type.js';

/** A notification as an alert tells of it. */
export interface Told {
  readonly type: string;
  readonly data: unknown;
}

/** Subjects that one line names. */
const MAX_NAMED = 5;

/** The types that an alert tells of, in the order of its lines, with the words for `count` of one subject. */
const lines: Partial<Record<NotificationType, (count: number, subjects: string) => string>> = {
  'bot.unreachable': (_count, subjects) => `Out of reach: ${subjects}.`,
  'backlog.old': (_count, subjects) => `Messages wait: ${subjects}.`,
  'dead_letter.created': (count, subjects) =>
    `${count} dead ${count === 1 ? 'letter' : 'letters'}: ${subjects}.`,
  'budget.passed': (_count, subjects) => `Budgets: ${subjects}.`,
  'source.failing': (_count, subjects) => `Triggers fail for webhooks of ${subjects}.`,
  'endpoint.disabled': (_count, subjects) => `Endpoints disabled: ${subjects}.`,
};

/** Bundles notifications to one message in Markdown: a line for each type. null: nothing is worth it. Pure. */
export function alertText(told: readonly Told[]): string | null {
  const text = Object.entries(lines).flatMap(([type, line]) => {
    const of = told.filter((one) => one.type === type);
    return of.length > 0 ? [`- ${line(of.length, subjectsOf(of.map(subjectOf)))}`] : [];
  });
  return text.length > 0 ? `⚠️ **Turnpike**\n${text.join('\n')}` : null;
}

/** Each subject once with its number, as far as there is room. */
function subjectsOf(subjects: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const subject of subjects) counts.set(subject, (counts.get(subject) ?? 0) + 1);
  const named = [...counts]
    .slice(0, MAX_NAMED)
    .map(([subject, n]) => (n > 1 ? `${subject} (${n})` : subject));
  return counts.size > MAX_NAMED ? `${named.join(', ')} and others` : named.join(', ');
}

function subjectOf({ type, data }: Told): string {
  const { reason, scope, key, percent, source, waiting, minutes, channel, replies, host }: Fields =
    Object(data);
  switch (type) {
    case 'dead_letter.created':
      return code(reason);
    case 'budget.passed':
      return `${code(scope === 'all' ? 'all' : key)} ${Number(percent)} %`;
    case 'source.failing':
      return code(source);
    case 'backlog.old':
      return `${Number(waiting)}, the oldest for ${Number(minutes)} minutes`;
    case 'bot.unreachable':
      return `${code(channel)}, ${Number(replies)} replies wait`;
    default:
      return code(host);
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** A name as code, so that nothing in it is Markdown. */
const code = (name: unknown): string => `\`${String(name).replaceAll('`', "'").slice(0, 64)}\``;
