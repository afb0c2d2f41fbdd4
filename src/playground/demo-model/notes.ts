import type { ChatTurn } from '../chat-completions/chat-request.js';

/** A request for notes contains the conversation as lines of JSON, and the instruction behind them. */
const ASKED_FOR_NOTES = /^Write the new notes now\b/;
/** Statements of people about themselves and their families. */
const ABOUT_THEM = /\b(?:my|our|i am|i'm|i live|i like|remember|mein|meine|ich bin|mi|soy)\b/i;
const KEPT = 30;
const LINE_CHARS = 160;

/**
 * The demo model's notes of a conversation: people's statements about themselves, verbatim, behind the notes so far.
 * Pure.
 * @returns null if the request does not ask for notes
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
