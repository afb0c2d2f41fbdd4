import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AccessPolicy } from '../access/access-policy.js';
import { AgentRoom } from '../../test/support/agent-room.js';
import { newChatId, textUpdate } from '../../test/support/updates.js';
import { ConversationErasureRepository } from '../memory/erasure/conversation-erasure.repository.js';
import { BudgetErasureRepository } from '../budget/budget-erasure.repository.js';
import type { Received } from '../channel/channel.js';
import { isWritten, type WrittenInbound } from '../channel/inbound.js';
import { GroupSettings } from '../memory/group.settings.js';
import { GroupContextRepository } from '../memory/group-context.repository.js';
import { Clock } from '../platform/runtime/clock.js';
import { ConversationDirectory } from './conversation-directory.js';
import { GroupContextService } from './group-context.service.js';

let agent: AgentRoom;
let erasures: ConversationErasureRepository;
let group: number;

beforeAll(async () => {
  agent = await AgentRoom.open();
  erasures = new ConversationErasureRepository(agent.room.prisma, new BudgetErasureRepository(agent.ledger));
});
afterAll(() => agent.close());
beforeEach(() => {
  group = -newChatId();
});

/** Messages that people of the group say to each other. */
function said(text: string): Received<WrittenInbound> {
  const received = agent.channel.read('telegram', textUpdate(group, text));
  if (!received || !isWritten(received)) throw new Error('it is of no use');
  return { ...received, isGroupContext: true };
}

/** Each delivery goes through another process: none remembers the group. */
async function hear(groupContext: Received<WrittenInbound>) {
  const { room, channel } = agent;
  const groups = Object.assign(new GroupSettings(), { contextMessages: 5 });
  const groupContextService = new GroupContextService(
    channel,
    new GroupContextRepository(room.pool, groups),
    new ConversationDirectory(room.conversations),
    agent.get(AccessPolicy),
    groups,
    new Clock(),
  );
  const { chat } = groupContext;
  return await groupContextService.sift([{ channel: 'telegram', chat, groupContext }]);
}

const conversations = () => agent.room.prisma.conversation.findMany({ where: { chatId: String(group) } });
const kept = () =>
  agent.room.rows<{ text: string }>('SELECT text FROM group_context_messages ORDER BY position');

describe('An erased group', () => {
  it('is not brought back by earlier messages that are delivered again', async () => {
    const [first, last] = [said('first'), said('secret')];
    expect([await hear(first), await hear(last)]).toEqual([['kept'], ['kept']]);
    const [conversation] = await conversations();
    await erasures.erase(conversation?.id ?? '');
    expect([await hear(last), await hear(first)]).toEqual([['ignored'], ['ignored']]);
    expect(await conversations()).toEqual([]);
    // Later messages are kept again.
    expect(await hear(said('later'))).toEqual(['kept']);
    expect(await kept()).toEqual([{ text: 'later' }]);
  });

  it('leaves its mark only for as long as its updates may come again', async () => {
    await hear(said('hello'));
    const [conversation] = await conversations();
    await erasures.erase(conversation?.id ?? '');
    const marks = () => agent.room.prisma.erasedGroup.count({ where: { chatId: String(group) } });
    await erasures.forgetMarks();
    expect(await marks()).toBe(1);
    await agent.room.pool.query(`UPDATE erased_groups SET erased_at = now() - interval '3 days'`);
    await erasures.forgetMarks();
    expect(await marks()).toBe(0);
  });
});
