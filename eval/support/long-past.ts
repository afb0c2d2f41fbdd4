const TOPICS = [
  'the garden',
  'a recipe for soup',
  'the train to work',
  'an old film',
  'the rain',
  'a broken chair',
];

/** A history that begins with the fact to be found later, and continues about other things for this many messages. */
export function longPast(fact: string, messages: number): readonly string[] {
  const talk = Array.from({ length: messages }, (_, index) => {
    const topic = TOPICS[Math.floor(index / 2) % TOPICS.length] ?? '';
    const number = Math.floor(index / 2) + 1;
    return index % 2 === 0
      ? `Note ${number}: today I thought about ${topic} for a while, and there is nothing more to say about it.`
      : `Thank you for note ${number}. It is good to take time for ${topic} now and then.`;
  });
  return [fact, 'Thank you, good to know.', ...talk];
}
