import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserId } from '../../channel/ids.js';
import { Room } from '../../../test/support/room.js';
import { ModelSettings } from './model.settings.js';
import { DeploymentSecretsRepository } from './deployment-secrets.repository.js';
import { ModelCallers } from './model-caller.js';

const ada = {
  userId: UserId('4242424242'),
  isChat: false,
  firstName: 'Ada',
  lastName: null,
  username: null,
  languageCode: null,
};

let room: Room;

beforeAll(async () => {
  room = await Room.open();
});
afterAll(() => room.close());

const callers = () => new ModelCallers(new DeploymentSecretsRepository(room.prisma), new ModelSettings());

describe('ModelCallers', () => {
  it('name one user the same in all conversations and processes, even if several begin at once', async () => {
    const chats = [await room.conversation(), await room.conversation({ chatType: 'group' })];
    const all = await Promise.all(
      [...chats, ...chats, ...chats].map((chat) => callers().createCaller(chat, ada)),
    );
    expect(new Set(all.map(({ endUser }) => endUser)).size).toBe(1);
    expect(all[0]?.endUser).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(all.map(({ cacheKey }) => cacheKey)).size).toBe(2);
    expect(JSON.stringify(all)).not.toContain(String(ada.userId));
  });

  it('name two users differently, and each in another installation differently', async () => {
    const chat = await room.conversation();
    const first = await callers().createCaller(chat, ada);
    const other = await callers().createCaller(chat, { ...ada, userId: UserId(`${ada.userId}1`) });
    expect(other.endUser).not.toBe(first.endUser);
    await room.pool.query('DELETE FROM deployment_secrets');
    expect((await callers().createCaller(chat, ada)).endUser).not.toBe(first.endUser);
  });

  it('use the chat for an unknown user', async () => {
    const [one, two] = [await room.conversation(), await room.conversation()];
    const [a, b] = [await callers().createCaller(one, null), await callers().createCaller(two, null)];
    expect(a.endUser).not.toBe(b.endUser);
    expect((await callers().createCaller(one, null)).endUser).toBe(a.endUser);
  });

  it('ask the conversation’s own model', async () => {
    const chat = await room.conversation({ model: 'groq=special' });
    expect(await callers().createCaller(chat, ada)).toMatchObject({ model: 'groq=special' });
  });
});
