import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Room } from '../../../test/support/room.js';
import { ModelSettings } from '../../config/model.settings.js';
import { DeploymentSecrets } from './deployment-secrets.repository.js';
import { ModelCallers } from './model-caller.js';

const ada = { userId: 4_242_424_242n, firstName: 'Ada', lastName: null, username: null, languageCode: null };

let room: Room;

beforeAll(async () => {
  room = await Room.open();
});
afterAll(() => room.close());

const callers = () => new ModelCallers(new DeploymentSecrets(room.prisma), new ModelSettings());

describe('ModelCallers', () => {
  it('name one user alike in all conversations and processes, though several begin at once', async () => {
    const chats = [await room.conversation(), await room.conversation({ chatType: 'group' })];
    const all = await Promise.all([...chats, ...chats, ...chats].map((chat) => callers().of(chat, ada)));
    expect(new Set(all.map(({ endUser }) => endUser)).size).toBe(1);
    expect(all[0]?.endUser).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(all.map(({ cacheKey }) => cacheKey)).size).toBe(2);
    expect(JSON.stringify(all)).not.toContain(String(ada.userId));
  });

  it('name two users differently, and each in another installation differently', async () => {
    const chat = await room.conversation();
    const first = await callers().of(chat, ada);
    const other = await callers().of(chat, { ...ada, userId: ada.userId + 1n });
    expect(other.endUser).not.toBe(first.endUser);
    await room.pool.query('DELETE FROM deployment_secrets');
    expect((await callers().of(chat, ada)).endUser).not.toBe(first.endUser);
  });

  it('let the chat stand for a user who is not known', async () => {
    const [one, two] = [await room.conversation(), await room.conversation()];
    const [a, b] = [await callers().of(one, null), await callers().of(two, null)];
    expect(a.endUser).not.toBe(b.endUser);
    expect((await callers().of(one, null)).endUser).toBe(a.endUser);
  });

  it('ask the conversation’s own model', async () => {
    const chat = await room.conversation({ model: 'groq=special' });
    expect(await callers().of(chat, ada)).toMatchObject({ model: 'groq=special' });
  });
});
