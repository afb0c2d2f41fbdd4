import { describe, expect, it } from 'vitest';
import { readUpdate } from './update-reader.js';

const stop = { chat: { id: 7, type: 'private', first_name: 'Ada' }, draft_id: 9 };
const read = (more: object) =>
  readUpdate({ update_id: 1, stopped_message_generation: { ...stop, ...more } }, null);

describe('A stopped generation', () => {
  it('names the draft, and no command: it stops that turn and no other', () => {
    expect(read({})).toMatchObject({ kind: 'stopped-preview', previewId: 9, sender: null });
  });

  it('is of the topic that it names', () => {
    expect(read({})).toMatchObject({ chat: { chatId: '7', threadId: '' } });
    expect(read({ message_thread_id: 3 })).toMatchObject({ chat: { chatId: '7', threadId: '3' } });
  });

  it.each([{ draft_id: 0 }, { draft_id: '9' }, { draft_id: undefined }, { chat: undefined }])(
    'is ignored with %j',
    (odd) => {
      expect(read(odd)).toBeNull();
    },
  );
});
