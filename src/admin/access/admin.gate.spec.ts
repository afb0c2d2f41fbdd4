import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApp } from '../../../test/support/admin-app.js';

let admin: AdminApp;

beforeAll(async () => {
  admin = await AdminApp.start();
});

afterAll(() => admin.stop());

const get = (authorization: string, remoteAddress: string) =>
  admin.app.inject({ url: '/admin/flood-gate', headers: { authorization }, remoteAddress });
const statuses = async (times: number, key: string, address: string) => {
  const counts: Record<number, number> = {};
  for (let sent = 0; sent < times; sent += 1) {
    const { statusCode } = await get(key, address);
    counts[statusCode] = (counts[statusCode] ?? 0) + 1;
  }
  return counts;
};

describe('AdminGate', () => {
  it('answers wrong keys 401 up to 60 a minute from one address, then 429', async () => {
    expect(await statuses(60, 'Bearer wrong', '192.0.2.1')).toEqual({ 401: 60 });
    const refused = await get('Bearer another-wrong-one', '192.0.2.1');
    expect(refused.statusCode).toBe(429);
    expect(refused.json()).toEqual({
      statusCode: 429,
      message: 'Too many requests to the admin API',
      error: 'Too Many Requests',
    });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await get('Bearer wrong', '192.0.2.2')).statusCode).toBe(401);
  });

  it('limits the guesser only: a right key from the same address is accepted', async () => {
    await statuses(100, 'Bearer wrong', '192.0.2.3');
    expect((await get(admin.headers.authorization, '192.0.2.3')).statusCode).toBe(200);
  });
});
