import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApp } from '../../../test/support/admin-app.js';

let admin: AdminApp;

beforeAll(async () => {
  admin = await AdminApp.start();
});

afterAll(() => admin.stop());

let count = 0;
async function request(
  state: 'pending' | 'denied' | 'expired' = 'pending',
  expiresAt = new Date('2100-01-01'),
) {
  const { id: conversationId, chatId } = await admin.talk(0);
  count += 1;
  const id = `ffffffff-0000-7000-8000-${String(count).padStart(12, '0')}`;
  const code = `CD${String(2222 + count)}`;
  const asked = { userId: chatId, name: 'Ada Lovelace', username: 'ada', languageCode: 'en' };
  await admin.prisma.pairing.create({
    data: { id, channel: 'telegram', chatId, conversationId, code, state, expiresAt, ...asked },
  });
  return { id, chatId, conversationId, code };
}

describe('The pairings', () => {
  it('are listed newest first, and by state, with all their fields', async () => {
    const made = [await request(), await request('denied'), await request(), await request('expired')];
    const ids = made.map(({ id }) => id).toReversed();
    const listed = (await admin.pages('pairings?limit=3')).flat();
    expect(listed.map(({ id }) => id)).toEqual(ids);
    expect((await admin.list('pairings?state=denied')).items.map(({ id }) => id)).toEqual([made[1]?.id]);
    expect((await admin.call(`pairings/${made[0]?.id}`)).json()).toEqual({
      id: made[0]?.id,
      channel: 'telegram',
      chatId: made[0]?.chatId,
      conversationId: made[0]?.conversationId,
      code: made[0]?.code,
      state: 'pending',
      userId: made[0]?.chatId,
      name: 'Ada Lovelace',
      username: 'ada',
      title: null,
      createdAt: expect.stringMatching(/Z$/),
      expiresAt: '2100-01-01T00:00:00.000Z',
      decidedBy: null,
      decidedAt: null,
    });
    expect((await admin.call('pairings?state=open')).statusCode).toBe(400);
    expect((await admin.call('pairings?cursor=WyJ4Il0')).statusCode).toBe(400);
  });

  it('are decided once, and in time', async () => {
    const { id, chatId } = await request();
    const approved = await admin.call(`pairings/${id}/approve`, 'POST');
    expect(approved.json()).toMatchObject({ state: 'approved', decidedBy: 'admin' });
    expect(await admin.prisma.personAccess.findMany({ where: { userId: chatId } })).toMatchObject([
      { role: 'user', blockedAt: null },
    ]);
    expect((await admin.call(`pairings/${id}/deny`, 'POST')).statusCode).toBe(409);
    const late = await request('pending', new Date(0));
    const refused = await admin.call(`pairings/${late.id}/approve`, 'POST');
    expect([refused.statusCode, refused.json()]).toMatchObject([
      409,
      { message: 'The request is expired already' },
    ]);
    const other = await request();
    expect((await admin.call(`pairings/${other.id}/deny`, 'POST')).json()).toMatchObject({ state: 'denied' });
    expect(await admin.prisma.personAccess.count({ where: { userId: other.chatId } })).toBe(0);
  });

  it('are 404 for an unknown id', async () => {
    for (const id of ['ffffffff-0000-7000-8000-ffffffffffff', 'x'])
      for (const verb of ['approve', 'deny'])
        expect((await admin.call(`pairings/${id}/${verb}`, 'POST')).statusCode).toBe(404);
  });
});

describe('The admitted groups', () => {
  it('lose their access again, each at its bot, once', async () => {
    const chatId = '-1009876543210';
    for (const channel of ['telegram', 'telegram:support'])
      await admin.prisma.admittedChat.create({ data: { channel, chatId } });
    const putOut = async (key: string) => (await admin.call(`admitted-groups/${key}`, 'DELETE')).statusCode;
    expect(await putOut(`telegram:support:${chatId}`)).toBe(204);
    expect(await putOut(`telegram:support:${chatId}`)).toBe(404);
    expect(await admin.prisma.admittedChat.findMany()).toMatchObject([{ channel: 'telegram', chatId }]);
    for (const key of ['telegram:5', 'telegram', 'x:-99999999999999999999'])
      expect(await putOut(key)).toBe(404);
  });
});
