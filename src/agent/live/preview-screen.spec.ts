import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../../test/support/agent-room.js';
import { eventually } from '../../../test/support/eventually.js';
import { failures } from '../../../test/support/telegram-double.js';
import { DraftRepository } from '../../delivery/draft.repository.js';
import type { Conversation, Turn } from '../../generated/prisma/client.js';
import type { Lease } from '../../lease/lease.repository.js';
import { LiveReply } from './live-reply.js';
import { previewIdOf } from './preview-id.js';
import { PreviewScreen } from './preview-screen.js';

let agent: AgentRoom;
let conversation: Conversation;
let lease: Lease;
let turn: Turn;
let chat: number;
let live: LiveReply;
let drafts: WatchedDrafts;

beforeAll(async () => {
  agent = await AgentRoom.open();
});
afterAll(() => agent.close());

beforeEach(async () => {
  conversation = await agent.room.conversation();
  ({ lease, turn } = await agent.begin(conversation, 'tell me'));
  chat = Number(conversation.chatId);
  drafts = new WatchedDrafts(agent.room.prisma, agent.room.leases);
  live = newLive();
});
afterEach(async () => {
  agent.telegram.heal();
  await live.end();
});

/** Tells how often the lease was found to be somebody else's. */
class WatchedDrafts extends DraftRepository {
  refused = 0;

  override async keep(...change: Parameters<DraftRepository['keep']>): Promise<void> {
    await super.keep(...change).catch((error: unknown) => {
      this.refused += 1;
      throw error;
    });
  }
}

class Brief extends PreviewScreen {
  override readonly lastsMs = 100;
}

function newLive(begun = false, Screen: typeof PreviewScreen = PreviewScreen): LiveReply {
  const never = new AbortController().signal;
  const of = { lease, turnId: turn.id, destination: conversation, stopping: never, lost: never };
  return new LiveReply(agent.channel, new Screen(agent.channel, drafts, of, begun), turn.id, 20);
}

const shown = () => agent.telegram.callsOf('sendMessageDraft', chat);
const replies = () => agent.room.prisma.reply.findMany({ where: { turnId: turn.id } });
const finish = (text: string) => agent.endings.finish(lease, turn, { text, model: null, errorCode: null });

async function showing(text: string): Promise<void> {
  live.write(text);
  await eventually(() => expect(agent.telegram.draftOf(chat)).toBe(text));
}

describe('A preview', () => {
  it('shows what is written under one number, and can be stopped', async () => {
    await showing('Once');
    await showing('Once upon');
    const params = { draft_id: previewIdOf(turn.id), can_stop: true, keep_on_stop: true };
    expect(shown().map((call) => call.params)).toEqual([
      expect.objectContaining(params),
      expect.objectContaining(params),
    ]);
    expect(agent.telegram.textsOf(chat)).toEqual([]);
  });

  it('leaves the reply to be sent as any other, as a new message of unknown tries', async () => {
    await showing('Once');
    await live.end();
    await finish('The end.');
    expect(await replies()).toMatchObject([{ state: 'pending', unknownSends: 0, channelMessageId: null }]);
    expect(await agent.drafts.find(turn.id)).toBeNull();
  });

  it('is shown again before it is gone, while nothing new is written', async () => {
    live = newLive(false, Brief);
    await showing('Once');
    live.note('_looking it up …_');
    await eventually(() => expect(shown().length).toBeGreaterThan(4));
    expect(agent.telegram.draftOf(chat)).toBe('Once\n\nlooking it up …');
    await live.end();
  });

  it('waits as long as Telegram asks, and ends where it refuses; the turn does not care', async () => {
    agent.telegram.failNext({ method: 'sendMessageDraft', chat, with: failures.limited(1) });
    await showing('Once');
    const [limited, next] = shown();
    expect((next?.at ?? 0) - (limited?.at ?? 0)).toBeGreaterThanOrEqual(1_000);

    agent.telegram.failNext({ method: 'sendMessageDraft', chat, with: failures.blocked });
    live.write('Once upon');
    await eventually(async () => expect(await agent.drafts.find(turn.id)).toBeNull());
    live.write('Once upon a time');
    await live.end();
    expect(shown()).toHaveLength(3);
    expect(await finish('The end.')).toBe(true);
  });

  it('goes on through failures of the moment', async () => {
    agent.telegram.failNext({ method: 'sendMessageDraft', chat, with: failures.serverError });
    agent.telegram.failNext({ method: 'sendMessageDraft', chat, with: failures.resetBefore });
    await showing('Once');
    expect(shown()).toHaveLength(3);
  });

  it('does not overtake an earlier reply of the conversation', async () => {
    const earlier = { conversationId: conversation.id, text: 'earlier' };
    await agent.room.prisma.$transaction((tx) => agent.outbox.add(tx, earlier));
    live.write('Once');
    await live.end();
    expect(shown()).toEqual([]);
  });

  it('shows nothing more once somebody else has the turn', async () => {
    await showing('Once');
    await agent.room.takeOver(conversation.id);
    live.write('Once upon');
    await eventually(() => expect(drafts.refused).toBe(1));
    await live.end();
    expect(agent.telegram.draftOf(chat)).toBe('Once');
  });
});
