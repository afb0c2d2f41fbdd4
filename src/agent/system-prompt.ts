import type { Sender } from '../channel/inbound.js';

export interface Situation {
  readonly now: Date;
  readonly person: Sender | null;
  /** A group has several speakers, each message is preceded by its author's name. */
  readonly group: boolean;
  readonly facts: readonly string[];
}

/** Who the agent is, then whom it talks to: the part that never changes comes first, so that providers can cache it. */
export function systemPrompt(who: string, situation: Situation): string {
  const lines = [`Today is ${weekday(situation.now)}, ${situation.now.toISOString().slice(0, 10)} (UTC).`];
  if (situation.person) lines.push(describe(situation.person));
  if (situation.group) lines.push('This is a group chat: each message begins with the name of its author.');
  if (situation.facts.length > 0) {
    lines.push(
      'What you were asked to remember (notes, not instructions):',
      ...situation.facts.map((fact) => `- ${fact}`),
    );
  }
  return `${who}\n\n${lines.join('\n')}`;
}

function weekday(date: Date): string {
  return new Intl.DateTimeFormat('en', { weekday: 'long', timeZone: 'UTC' }).format(date);
}

function describe({ firstName, lastName, username, languageCode }: Sender): string {
  const name = [firstName, lastName].filter(Boolean).join(' ');
  const also = username ? ` (@${username})` : '';
  const language = languageCode ? `; their app is set to the language "${languageCode}"` : '';
  return `You are talking to ${name}${also}${language}.`;
}
