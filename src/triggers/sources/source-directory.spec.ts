import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Room } from '../../../test/support/room.js';
import { sealSecret } from '../../platform/secrets/secret-box.js';
import { SourceDirectory } from './source-directory.js';
import { SourceRepository } from './source.repository.js';

let room: Room;
const key = Buffer.alloc(32, 1);

beforeAll(async () => {
  room = await Room.open();
});
afterAll(() => room.close());

async function source(name: string, preset: string, withKey = key): Promise<void> {
  const id = room.ids.next();
  const secrets = { create: [{ id: room.ids.next(), sealed: sealSecret(withKey, id, `of ${name}`) }] };
  await room.prisma.source.create({ data: { id, name, preset, maxBodyBytes: 1, secrets } });
}

describe('The directory of sources', () => {
  it('serves what it can, knows changes after a look, and keeps what it knows without the database', async () => {
    await source('good', 'github');
    await source('other-key', 'github', Buffer.alloc(32, 2));
    await source('of-a-later-version', 'unheard-of');
    const repository = new SourceRepository(room.prisma);
    const directory = new SourceDirectory(repository, { get: () => key } as never);
    await directory.onModuleInit();
    expect(directory.find('good')).toMatchObject({ name: 'good', secrets: ['of good'] });
    expect(directory.find('other-key')).toMatchObject({ secrets: null });
    expect(directory.find('of-a-later-version')).toBeNull();
    expect(directory.find('unknown')).toBeNull();
    await source('new', 'github');
    await directory.refresh();
    expect(directory.find('new')).toMatchObject({ secrets: ['of new'] });
    repository.sealed = () => Promise.reject(new Error('away'));
    await directory.refresh();
    expect(directory.find('new')).not.toBeNull();
    await directory.onModuleDestroy();
  });

  it('looks by itself every second', async () => {
    const directory = new SourceDirectory(new SourceRepository(room.prisma), { get: () => key } as never);
    await directory.onModuleInit();
    await source('later', 'github');
    await expect.poll(() => directory.find('later'), { timeout: 3_000 }).not.toBeNull();
    await room.prisma.source.delete({ where: { name: 'later' } });
    await expect.poll(() => directory.find('later'), { timeout: 3_000 }).toBeNull();
    await directory.onModuleDestroy();
  });
});
