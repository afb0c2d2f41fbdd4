import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { delivererOf } from '../../../test/support/delivery-parts.js';
import { eventually } from '../../../test/support/eventually.js';
import { AgentRoom } from '../../../test/support/agent-room.js';
import { failures } from '../../../test/support/telegram-double.js';
import { DraftRepository } from '../../delivery/draft.repository.js';
import { LeaseLostError } from '../../errors/errors.js';
import type { Conversation, Turn } from '../../generated/prisma/client.js';
import type { Lease } from '../../lease/lease.repository.js';
import { LiveReply } from './live-reply.js';
import { MessageScreen } from './message-screen.js';

let agent: AgentRoom;
let conversation: Conversation;
let lease: Lease;
let turn: Turn;
let chat: number;
let lost: AbortController;
let drafts: WatchedDrafts;
let live: LiveReply;

beforeAll(async () => {
  agent = await AgentRoom.open();
});
afterAll(() => agent.close());

beforeEach(async () => {
  conversation = await agent.room.conversation();
  ({ lease, turn } = await agent.begin(conversation, 'tell me'));
  chat = Number(conversation.chatId);
  lost = new AbortController();
  drafts = new WatchedDrafts(agent.room.prisma, agent.room.leases);
  live = newLive();
});
afterEach(async () => {
  agent.telegram.heal();
  await live.end();
});

/** Tells how often a change was refused: the lease is somebody else's, or it is not the draft's turn yet. */
class WatchedDrafts extends DraftRepository {
  refused = 0;

  override async begin(...change: Parameters<DraftRepository['begin']>): Promise<boolean> {
    const begun = await super.begin(...change);
    if (!begun) this.refused += 1;
    return begun;
  }

  override async keep(...change: Parameters<DraftRepository['keep']>): Promise<void> {
    try {
      await super.keep(...change);
    } catch (error) {
      this.refused += 1;
      throw error;
    }
  }
}

const newLive = (messageId: bigint | null = null) =>
  new LiveReply(
    agent.channel,
    new MessageScreen(
      agent.channel,
      drafts,
      agent.gate,
      {
        lease,
        turnId: turn.id,
        destination: conversation,
        stopping: new AbortController().signal,
        lost: lost.signal,
      },
      messageId,
    ),
    turn.id,
    20,
  );

const shown = () => agent.telegram.textsOf(chat);
const calls = (method: string) => agent.telegram.callsOf(method, chat).length;
const replies = () =>
  agent.room.prisma.reply.findMany({ where: { turnId: turn.id }, orderBy: { id: 'asc' } });
const finish = (text: string) => agent.endings.finish(lease, turn, { text, model: null, errorCode: null });

function deliver() {
  return delivererOf(agent.room, agent.channel, { clock: agent.clock }).run(conversation.id);
}

async function showing(text: string): Promise<void> {
  live.write(text);
  await eventually(async () => {
    expect(shown()).toEqual([`${text} ▌`]);
    expect((await agent.drafts.find(turn.id))?.state).toBe('shown');
  });
}

describe('LiveReply', () => {
  it('shows what is written in one message, and the reply takes it over', async () => {
    await showing('Once');
    live.note('_looking it up …_');
    await eventually(() => expect(shown()).toEqual(['Once\n\nlooking it up …']));
    await showing('Once upon a time');
    await live.end();
    await finish('Once upon a time there was a **bot**.');
    await deliver();
    expect(shown()).toEqual(['Once upon a time there was a bot.']);
    expect(calls('sendMessage')).toBe(1);
    expect(await replies()).toMatchObject([{ state: 'sent', unknownSends: 0 }]);
  });

  it('never says just what the answer says, however long that is', async () => {
    const answer = Array.from({ length: 120 }, (_, line) => `**line ${line}** of _many_ words`).join('\n\n');
    live.write(answer);
    await eventually(() => expect(shown()[0]).toMatch(/^line 0 of many words[^]* ▌$/));
    await live.end();
    await finish(answer);
    await deliver();
    const refused = agent.telegram.callsOf('editMessageText', chat).filter((call) => call.refused !== null);
    expect(refused).toEqual([]);
    expect(shown().join('\n')).not.toContain('▌');
  });

  it('shows nothing of an answer that is whole at once', async () => {
    live.write('Yes');
    await live.end();
    await finish('Yes.');
    await deliver();
    expect(calls('sendMessage')).toBe(1);
    expect(calls('editMessageText')).toBe(0);
  });

  it('repeats the final edit until it holds, and the text appears once', async () => {
    await showing('Once');
    await live.end();
    await finish('The end.');
    agent.telegram.failNext({ method: 'editMessageText', chat, times: 2, with: failures.resetAfter });
    for (let time = 0; time < 3; time += 1) {
      await agent.room.pool.query('UPDATE replies SET available_at = now() WHERE turn_id = $1', [turn.id]);
      await deliver();
    }
    expect(shown()).toEqual(['The end.']);
    expect(await replies()).toMatchObject([{ state: 'sent', unknownSends: 0 }]);
  });

  it('sends the reply as a new message where the draft was deleted', async () => {
    await showing('Once');
    await live.end();
    await finish('The end.');
    const gone = failures.badRequest('message to edit not found');
    agent.telegram.failNext({ method: 'editMessageText', chat, with: gone });
    await deliver();
    expect(shown()).toEqual(['Once ▌', 'The end.']);
  });

  it('records a draft that may be there as a first try of unknown outcome', async () => {
    agent.telegram.failNext({ method: 'sendMessage', chat, with: failures.resetAfter });
    live.write('Once');
    await eventually(() => expect(shown()).toEqual(['Once ▌']));
    live.write('Once upon');
    await live.end();
    await finish('The end.');
    await deliver();
    expect(shown()).toEqual(['Once ▌', 'The end.']);
    expect(calls('editMessageText')).toBe(0);
    expect(await replies()).toMatchObject([{ state: 'uncertain' }]);
  });

  it('begins anew where the first message was certainly not sent', async () => {
    agent.telegram.failNext({ method: 'sendMessage', chat, with: failures.serverError });
    await showing('Once');
    expect(calls('sendMessage')).toBe(2);
  });

  it('does not overtake an earlier reply of the conversation', async () => {
    const earlier = { conversationId: conversation.id, text: 'earlier' };
    await agent.room.prisma.$transaction((tx) => agent.outbox.add(tx, earlier));
    live.write('Once');
    await eventually(() => expect(drafts.refused).toBeGreaterThan(0));
    expect(shown()).toEqual([]);
    await deliver();
    await eventually(() => expect(shown()).toEqual(['earlier', 'Once ▌']));
  });

  it('shows nothing more once somebody else has the turn', async () => {
    await showing('Once');
    await agent.room.takeOver(conversation.id);
    live.write('Once upon');
    await eventually(() => expect(drafts.refused).toBe(1));
    live.write('Once upon a time');
    await live.end();
    expect(shown()).toEqual(['Once ▌']);
    expect(drafts.refused).toBe(1);
  });

  it('has the final text put in again where its own last edit may have come after it', async () => {
    await showing('Once');
    const { channelMessageId } = (await agent.drafts.find(turn.id)) ?? {};
    lease = await agent.room.takeOver(conversation.id);
    await finish('The end.');
    await deliver();
    // A process that was suspended in its last edit wakes up.
    await agent.channel.edit(
      conversation,
      channelMessageId ?? 0n,
      agent.channel.compose('Once upon')[0] ?? {},
      new AbortController().signal,
    );
    expect(shown()).toEqual(['Once upon']);
    lost.abort(new LeaseLostError('the turn'));
    await live.end();
    await deliver();
    expect(shown()).toEqual(['The end.']);
  });

  it('goes on in the message of an earlier run', async () => {
    await showing('Once');
    await live.end();
    const draft = await agent.drafts.find(turn.id);
    live = newLive(draft?.channelMessageId);
    await showing('Once more');
    expect(calls('sendMessage')).toBe(1);
  });
});
