import { describe, expect, it } from 'vitest';
import { newChatId, textUpdate } from '../../../test/support/updates.js';
import { readUpdate } from './update-reader.js';

const bot = { id: 123_456, username: 'Double_Bot' };
const group = -newChatId();

describe('readUpdate, of a group that becomes a supergroup', () => {
  const moved = (fields: object) => {
    const { message, ...update } = textUpdate(group, 'x');
    const { text: _none, ...service } = message;
    return readUpdate({ ...update, message: { ...service, ...fields } }, bot);
  };

  it('reads the message of the old chat and that of the new one', () => {
    const migration = { fromChatId: String(group), toChatId: '-1001234567890' };
    expect(moved({ migrate_to_chat_id: -1_001_234_567_890 })).toMatchObject({ kind: 'migration', migration });
    expect(moved({ migrate_from_chat_id: -77 })).toMatchObject({
      migration: { fromChatId: '-77', toChatId: String(group) },
    });
  });

  it.each([
    ['no id', { migrate_to_chat_id: 'soon' }],
    ['both ways', { migrate_to_chat_id: -5, migrate_from_chat_id: -6 }],
    ['a fraction', { migrate_from_chat_id: 0.5 }],
  ])('ignores %s', (_name, fields) => {
    expect(moved(fields)).toBeNull();
  });
});
