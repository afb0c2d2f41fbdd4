/** Chats that write in turn. */
export const CHATS = 1_000;

/** As Telegram sends them: everything outside ASCII is escaped. */
const texts = [
  'Hi! Can you tell me what time it is in Tokyo right now?',
  'thanks',
  'What is 15% of 2,340? And how much is left if I take that away, then split it among four people?',
  '\\u041f\\u0440\\u0438\\u0432\\u0435\\u0442! \\u041d\\u0430\\u043f\\u043e\\u043c\\u043d\\u0438 \\u0437\\u0430\\u0432\\u0442\\u0440\\u0430',
  "Please remember that my sister's birthday is on the 3rd of May, and that she likes jazz.\\nRemind me a week before.",
  'ok \\ud83d\\udc4d',
  'Could you look at https://example.org/articles/queues?page=2 and tell me in two sentences what it says?',
  'no, the other one',
];

/** The chat of the update with this number. */
export const chatOf = (updateId: number): number => 100_000_000 + (updateId % CHATS);

/** One private text message, as Telegram posts it. @returns JSON text in ASCII, so its length is its size in bytes */
export function updateText(
  updateId: number,
  unixSeconds: number,
  chat = chatOf(updateId),
  text = texts[updateId % texts.length],
): string {
  const person = `"first_name":"Maria","last_name":"Petrova","username":"maria_${chat}"`;
  return (
    `{"update_id":${updateId},"message":{"message_id":${Math.floor(updateId / CHATS) + 1},` +
    `"from":{"id":${chat},"is_bot":false,${person},"language_code":"en"},` +
    `"chat":{"id":${chat},${person},"type":"private"},` +
    `"date":${unixSeconds},"text":"${text}"}}`
  );
}
