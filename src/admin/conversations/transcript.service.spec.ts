import { once } from 'node:events';
import { get } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApp } from '../../../test/support/admin-app.js';
import { DatabasePool } from '../../platform/database/database-pool.js';
import type { ShownConversation } from './conversation.dto.js';
import { MessageListingRepository } from './message-listing.repository.js';
import { EXPORT_PAGE, TranscriptService } from './transcript.service.js';

/** The service itself, with its progress. */
class WatchedTranscripts extends TranscriptService {
  lineCount = 0;
  ended = false;

  override async *lines(conversation: ShownConversation): AsyncGenerator<string, void> {
    try {
      for await (const line of super.lines(conversation)) {
        this.lineCount += 1;
        yield line;
      }
    } finally {
      this.ended = true;
    }
  }
}

let admin: AdminApp;

beforeAll(async () => {
  admin = await AdminApp.start((builder) =>
    builder.overrideProvider(TranscriptService).useClass(WatchedTranscripts),
  );
});

afterAll(() => admin.stop());

describe('The export', () => {
  it('is NDJSON: the conversation, its facts, every message in order', async () => {
    const { id } = await admin.talk(1_234);
    await admin.prisma.fact.create({ data: { conversationId: id, text: 'likes tea' } });
    const answer = await admin.call(`conversations/${id}/export`);
    expect(answer.headers['content-type']).toBe('application/x-ndjson');
    const lines = answer.body
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(lines).toHaveLength(1 + 1 + 1_234);
    expect(lines.slice(0, 3)).toMatchObject([
      { type: 'conversation', id },
      { type: 'fact', text: 'likes tea' },
      { type: 'message', text: 'message 1', delivery: null },
    ]);
    expect(lines.at(-1)).toMatchObject({ type: 'message', text: 'message 1234' });
  });

  it('reads no faster than the client does, and stops when the client goes away', async () => {
    const { id } = await admin.talk(20_000);
    // 80 MB: more than all buffers on the way hold.
    await admin.prisma
      .$executeRaw`UPDATE messages SET text = repeat('x', 4000) WHERE conversation_id = ${id}::uuid`;
    const watched = admin.app.get<WatchedTranscripts>(TranscriptService);
    watched.ended = false;
    watched.lineCount = 0;
    const request = get(`${await admin.app.getUrl()}/admin/conversations/${id}/export`, {
      headers: admin.headers,
    });
    const [answer] = await once(request, 'response');
    await once(answer, 'data');
    request.destroy();
    await expect.poll(() => watched.ended, { timeout: 20_000 }).toBe(true);
    expect(watched.lineCount).toBeLessThan(20_000);
  });

  it('holds no connection to the database for readers who take nothing, however many these are', async () => {
    const { id } = await admin.talk(2_000);
    // More than the buffers between here and there hold: 8 MB.
    await admin.prisma
      .$executeRaw`UPDATE messages SET text = repeat('x', 4000) WHERE conversation_id = ${id}::uuid`;
    const url = `${await admin.app.getUrl()}/admin/conversations/${id}/export`;
    const requests = Array.from({ length: 20 }, () => get(url, { headers: admin.headers }));
    await Promise.all(requests.map((request) => once(request, 'response')));
    expect((await admin.call(`conversations/${id}/messages?limit=1`)).statusCode).toBe(200);
    const pool = admin.app.get(DatabasePool);
    await expect.poll(() => pool.idleCount).toBe(pool.totalCount);
    for (const request of requests) request.destroy();
  });

  it('reads a long history in pages, none twice', async () => {
    const { id } = await admin.talk(EXPORT_PAGE * 2);
    const listing = admin.app.get(MessageListingRepository);
    const last = await listing.rows(id, null, 'desc', 1);
    expect(last.map(({ text }) => text)).toEqual([`message ${EXPORT_PAGE * 2}`]);
    const lines = (await admin.call(`conversations/${id}/export`)).body.trimEnd().split('\n');
    expect(new Set(lines).size).toBe(1 + EXPORT_PAGE * 2);
    expect(lines).toHaveLength(1 + EXPORT_PAGE * 2);
  });
});
