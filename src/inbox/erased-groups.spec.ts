import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../test/support/agent-room.js';
import { newChatId, textUpdate } from '../../test/support/updates.js';
import { ConversationEraser } from '../admin/conversations/conversation-eraser.repository.js';
import { BudgetEraser } from '../budget/budget-eraser.repository.js';
import type { Received } from '../channel/channel.js';
import { GroupSettings } from '../config/group.settings.js';
import { OverheardRepository } from '../memory/overheard.repository.js';
import { Clock } from '../runtime/clock.js';
import { ConversationDirectory } from './conversation-directory.js';
import { Overhearing } from './overhearing.js';

let agent: AgentRoom;
let eraser: ConversationEraser;
let group: number;

beforeAll(async () => {
  agent = await AgentRoom.open();
  eraser = new ConversationEraser(agent.room.prisma, new BudgetEraser(agent.ledger));
});
afterAll(() => agent.close());
beforeEach(() => {
  group = -newChatId();
});

/** What people of the group say to each other. */
function said(text: string): Received {
  const received = agent.channel.read('telegram', textUpdate(group, text));
  if (!received) throw new Error('it is of no use');
  return { ...received, isOverheard: true };
}

/** At the door of another process each time: none remembers the group. */
async function hear(overheard: Received) {
  const { room, channel, access } = agent;
  const groups = Object.assign(new GroupSettings(), { contextMessages: 5 });
  const overhearing = new Overhearing(
    channel,
    new OverheardRepository(room.pool, groups),
    new ConversationDirectory(room.conversations),
    access.doorkeeper,
    groups,
    new Clock(),
  );
  const { chat } = overheard;
  return await overhearing.sift([{ channel: 'telegram', chat, overheard }]);
}

const conversations = () => agent.room.prisma.conversation.findMany({ where: { chatId: group } });
const kept = () =>
  agent.room.rows<{ text: string }>('SELECT text FROM overheard ORDER BY channel_message_id');

describe('An erased group', () => {
  it('is not brought back by what people said before, delivered again', async () => {
    const [first, last] = [said('first'), said('secret')];
    expect([await hear(first), await hear(last)]).toEqual([['kept'], ['kept']]);
    const [conversation] = await conversations();
    await eraser.erase(conversation?.id ?? '');
    expect([await hear(last), await hear(first)]).toEqual([['ignored'], ['ignored']]);
    expect(await conversations()).toEqual([]);
    // What they say from now on is kept anew.
    expect(await hear(said('later'))).toEqual(['kept']);
    expect(await kept()).toEqual([{ text: 'later' }]);
  });

  it('leaves no mark for longer than its updates may come again', async () => {
    await hear(said('hello'));
    const [conversation] = await conversations();
    await eraser.erase(conversation?.id ?? '');
    const marks = () => agent.room.prisma.erasedGroup.count({ where: { chatId: group } });
    await eraser.forgetMarks();
    expect(await marks()).toBe(1);
    await agent.room.pool.query(`UPDATE erased_groups SET erased_at = now() - interval '3 days'`);
    await eraser.forgetMarks();
    expect(await marks()).toBe(0);
  });
});
