import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../../test/support/agent-room.js';
import { editUpdate, textUpdate, type TelegramUpdate } from '../../../test/support/updates.js';
import type { Conversation } from '../../generated/prisma/client.js';

/** More than may be loaded for one edit. */
const WAITING = 20_000;
/** A message's id that is part of most other ids, and whose own message is the oldest. */
const SHORT_ID = 12;

let agent: AgentRoom;
let conversation: Conversation;
let oldest: TelegramUpdate;
let oldestId: bigint;

beforeAll(async () => {
  agent = await AgentRoom.open();
  conversation = await agent.room.conversation();
  oldest = textUpdate(Number(conversation.chatId), 'the first one', { message_id: SHORT_ID });
  oldestId = await agent.room.event(conversation, 'the first one', {}, oldest);
  const answer = textUpdate(Number(conversation.chatId), 'x'.repeat(200), {
    reply_to_message: oldest.message,
  });
  await agent.room.pool.query(
    `INSERT INTO events (source, external_id, conversation_id, kind, state, payload)
     SELECT 'telegram', 'w' || i, $1, 'message', 'waiting',
            jsonb_set(CASE WHEN i % 500 = 0 THEN $3::jsonb ELSE $3::jsonb #- '{message,reply_to_message}' END,
                      '{message,message_id}', to_jsonb(12000000 + i))::json
     FROM generate_series(1, $2::int) i`,
    [conversation.id, WAITING, JSON.stringify(answer)],
  );
});
afterAll(() => agent.close());

/** Payloads that were loaded while an edit was handled. */
async function readsOf(edit: { readonly update_id: number }): Promise<number> {
  const { channel } = agent;
  const read = channel.read.bind(channel);
  let reads = 0;
  channel.read = (of, payload) => {
    reads += 1;
    return read(of, payload);
  };
  try {
    await agent.room.event(
      conversation,
      'edit',
      { kind: 'edit', externalId: String(edit.update_id) },
      JSON.parse(JSON.stringify(edit)),
    );
    await agent.commands.handleWaiting(conversation.id, null);
  } finally {
    channel.read = read;
  }
  return reads;
}

describe('An edit among very many waiting messages', () => {
  it('finds its message by its id, and reads no others but those that name it', async () => {
    expect(await readsOf(editUpdate(oldest, 'changed'))).toBeLessThan(100);
    const { payload } = await agent.room.prisma.event.findUniqueOrThrow({ where: { id: oldestId } });
    expect(JSON.stringify(payload)).toContain('changed');
  });

  it('reads none of them if its message does not wait', async () => {
    const unknown = textUpdate(Number(conversation.chatId), 'not known', { message_id: 99_999_999 });
    expect(await readsOf(editUpdate(unknown, 'changed'))).toBeLessThan(10);
  });
});
