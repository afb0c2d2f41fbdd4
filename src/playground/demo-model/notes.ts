import type { ChatTurn } from '../chat-completions/chat-request.js';

/** Whoever asks for notes of a conversation gives it as lines of JSON, and asks behind them. */
const ASKED_FOR_NOTES = /^Write the new notes now\b/;
/** What people say about themselves and theirs. */
const ABOUT_THEM = /\b(?:my|our|i am|i'm|i live|i like|remember|mein|meine|ich bin|mi|soy)\b/i;
const KEPT = 30;
const LINE_CHARS = 160;

/**
 * The demo model's notes of a conversation: what its people said about themselves, as they said it, behind the notes so
 * far. Pure.
 * @returns null where nobody asks for notes
 */
export function notesOf(messages: readonly ChatTurn[]): string | null {
  const [data, question] = messages.slice(-2);
  if (!data || !question || !ASKED_FOR_NOTES.test(question.text)) return null;
  const lines = data.text.split('\n').flatMap((line) => {
    const { notes, user } = readLine(line);
    if (typeof notes === 'string') return notes.split('\n').slice(1);
    return typeof user === 'string' && ABOUT_THEM.test(user) ? [`- ${oneLine(user)}`] : [];
  });
  const kept = lines.length > KEPT ? [...lines.slice(0, KEPT / 2), ...lines.slice(-KEPT / 2)] : lines;
  return ['Notes by the demo model, which keeps what people say about themselves:', ...kept].join('\n');
}

function readLine(line: string): { readonly notes?: unknown; readonly user?: unknown } {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').slice(0, LINE_CHARS).toWellFormed();
}
