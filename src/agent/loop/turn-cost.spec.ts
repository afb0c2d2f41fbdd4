import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { AgentRoom } from '../../../test/support/agent-room.js';
import { delivererOf } from '../../../test/support/delivery-parts.js';
import type { Conversation } from '../../generated/prisma/client.js';

let agent: AgentRoom;
let conversation: Conversation;

beforeAll(async () => {
  agent = await AgentRoom.open();
  conversation = await agent.room.conversation();
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => agent.close());

/** The statements that `work` sends, but for those of the watch, which depend on how long it takes. */
async function statementsOf(work: () => Promise<unknown>): Promise<readonly string[]> {
  const query = vi.spyOn(Client.prototype, 'query');
  await work();
  const texts = query.mock.calls.map(([given]: unknown[]) => textOf(given).trim());
  query.mockRestore();
  return texts.filter((text) => !text.includes('l.conversation_id = ANY('));
}

function textOf(given: unknown): string {
  if (typeof given === 'string') return given;
  return typeof given === 'object' && given !== null && 'text' in given ? String(given.text) : '';
}

/** A transaction of several statements is one commit, and so is each statement outside of one. */
function commitsOf(texts: readonly string[]): number {
  let open = false;
  return texts.filter((text) => {
    if (text === 'BEGIN') open = true;
    if (text === 'COMMIT') open = false;
    return !open;
  }).length;
}

describe('A simple turn', () => {
  it('costs so many statements and commits, from its lease to the record of its reply, and no more', async () => {
    const runner = agent.runner();
    const deliverer = delivererOf(agent.room, agent.channel, { gate: agent.gate });
    const answer = async () => {
      await runner.run(conversation.id);
      await deliverer.run(conversation.id);
    };
    await agent.room.event(conversation, 'the first message, which warms up');
    await answer();
    await agent.room.event(conversation, 'hello');
    const texts = await statementsOf(answer);
    expect(agent.telegram.textsOf(Number(conversation.chatId))).toHaveLength(2);
    // A change that needs more has to say why.
    expect(texts.length).toBeLessThanOrEqual(10);
    expect(commitsOf(texts)).toBeLessThanOrEqual(6);
  });
});
