import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OutsideText } from '../../channel/outside-text.js';
import { noteOf, noteText } from './message-content.js';

/** The note as the model reads it: other people's words in brackets behind the description. */
function noteAndWords(message: unknown): string | null {
  const note = noteOf(message);
  return note && `${note.what}${note.words ? ` (${OutsideText.unmarked(note.words)})` : ''}`;
}

describe('noteOf', () => {
  it.each([
    ['location: 51.5, -0.12', { location: { latitude: 51.5, longitude: -0.12 } }],
    ['live location: 1, 2', { location: { latitude: 1, longitude: 2, live_period: 60 } }],
    [
      'place: 51.5, -0.1 (The Shard, 32 London Bridge St)',
      {
        location: { latitude: 51.5, longitude: -0.1 },
        venue: {
          location: { latitude: 51.5, longitude: -0.1 },
          title: 'The Shard',
          address: '32 London Bridge St',
        },
      },
    ],
    [
      'contact (Ada Lovelace, +4912345)',
      { contact: { first_name: 'Ada', last_name: 'Lovelace', phone_number: '+4912345' } },
    ],
    [
      'poll (Tea?\n1. Yes\n2. No)',
      { poll: { question: 'Tea?', options: [{ text: 'Yes' }, { text: 'No' }] } },
    ],
    ['dice 🎯: 6', { dice: { emoji: '🎯', value: 6 } }],
    ['sticker 🙂', { sticker: { emoji: '🙂' } }],
    ['sticker', { sticker: {} }],
    ['sticker', { sticker: { emoji: 'pay' } }],
    ['sticker 👩🏽‍🚀', { sticker: { emoji: '👩🏽‍🚀' } }],
    ['story (News)', { story: { id: 2, chat: { id: -1, title: 'News' } } }],
    ['voice message, 2 s', { voice: { file_id: 'v', duration: 2 } }],
    ['video message, 5 s', { video_note: { duration: 5 } }],
    ['audio, 200 s (Song, Band)', { audio: { title: 'Song', performer: 'Band', duration: 200 } }],
    ['file, 12 kB (report.pdf)', { document: { file_name: 'report.pdf', file_size: 12_345 } }],
    [
      'animation, 3 s; only its caption can be read',
      { animation: { duration: 3 }, document: { file_name: 'a.mp4' } },
    ],
    ['checklist (Buy\n1. Milk)', { checklist: { title: 'Buy', tasks: [{ id: 1, text: 'Milk' }] } }],
  ])('is %s', (note, message) => {
    expect(noteAndWords(message)).toBe(note);
  });

  it.each([
    'pinned_message',
    'new_chat_members',
    'successful_payment',
    'forum_topic_created',
    'a_field_of_tomorrow',
  ])('is nothing for %s', (field) => {
    expect(noteOf({ [field]: {} })).toBeNull();
  });

  it('is one line in one pair of brackets, and quotes the names that people chose', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        for (const message of [
          { document: { file_name: name } },
          { poll: { question: `x${name}`, options: [{ text: name }] } },
          { contact: { first_name: name, phone_number: name } },
          { audio: { title: name, performer: name } },
        ]) {
          const note = noteOf(message);
          const [head, ...rest] = (note ? noteText(note) : '[]').split(/[\n\r\u2028\u2029]/);
          expect(head).toMatch(/^\[[^[\]]*\]$/);
          expect(rest.every((line) => line.startsWith('> '))).toBe(true);
        }
      }),
    );
  });
});
