import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noteOf } from './message-content.js';

describe('noteOf', () => {
  it.each([
    ['[location: 51.5, -0.12]', { location: { latitude: 51.5, longitude: -0.12 } }],
    ['[live location: 1, 2]', { location: { latitude: 1, longitude: 2, live_period: 60 } }],
    [
      '[place: The Shard, 32 London Bridge St, 51.5, -0.1]',
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
      '[contact: Ada Lovelace, +4912345]',
      { contact: { first_name: 'Ada', last_name: 'Lovelace', phone_number: '+4912345' } },
    ],
    [
      '[poll: “Tea?”; 1. Yes; 2. No]',
      { poll: { question: 'Tea?', options: [{ text: 'Yes' }, { text: 'No' }] } },
    ],
    ['[dice 🎯: 6]', { dice: { emoji: '🎯', value: 6 } }],
    ['[sticker 🙂]', { sticker: { emoji: '🙂' } }],
    ['[sticker]', { sticker: {} }],
    ['[story of News]', { story: { id: 2, chat: { id: -1, title: 'News' } } }],
    ['[voice message, 2 s]', { voice: { file_id: 'v', duration: 2 } }],
    ['[video message, 5 s]', { video_note: { duration: 5 } }],
    ['[audio “Song” by Band, 200 s]', { audio: { title: 'Song', performer: 'Band', duration: 200 } }],
    ['[file “report.pdf”, 12 kB]', { document: { file_name: 'report.pdf', file_size: 12_345 } }],
    [
      '[animation, 3 s; only its caption can be read]',
      { animation: { duration: 3 }, document: { file_name: 'a.mp4' } },
    ],
    ['[checklist “Buy”; 1. Milk]', { checklist: { title: 'Buy', tasks: [{ id: 1, text: 'Milk' }] } }],
  ])('is %s', (note, message) => {
    expect(noteOf(message)).toBe(note);
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

  it('is one line in one pair of brackets, whatever people called what they sent', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        for (const message of [
          { document: { file_name: name } },
          { poll: { question: `x${name}`, options: [{ text: name }] } },
          { contact: { first_name: name, phone_number: name } },
          { audio: { title: name, performer: name } },
        ]) {
          const note = noteOf(message);
          if (note !== null) expect(note).toMatch(/^\[[^[\]\n\r\u2028\u2029]*\]$/);
        }
      }),
    );
  });
});
