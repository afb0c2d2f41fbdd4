import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../../test/support/agent-room.js';
import { delivererOf } from '../../../test/support/delivery-parts.js';
import { HeldEdits } from '../../../test/support/held-edits.js';
import { LATE_MS } from '../../delivery/late-edit.js';
import { LeaseLostError } from '../../errors/errors.js';
import type { Conversation, Turn } from '../../generated/prisma/client.js';
import type { Lease } from '../../lease/lease.repository.js';
import { Stopping } from '../../runtime/stopping.js';
import { LiveReplies } from './live-replies.js';
import { MessageScreen } from './message-screen.js';

let agent: AgentRoom;
let conversation: Conversation;
let lease: Lease;
let turn: Turn;
let lost: AbortController;
/** The channel of the process that writes the answer. */
let slow: HeldEdits;
let screen: MessageScreen;

beforeAll(async () => {
  agent = await AgentRoom.open();
});
afterAll(() => agent.close());

/** A turn that shows what it has so far. */
beforeEach(async () => {
  conversation = await agent.room.conversation();
  ({ lease, turn } = await agent.begin(conversation, 'tell me'));
  lost = new AbortController();
  slow = new HeldEdits(agent.telegram);
  screen = new MessageScreen(slow, agent.drafts, agent.gate, shownTurn(), null);
  await show('One');
});
afterEach(() => screen.end());

const shownTurn = () => ({
  lease,
  turnId: turn.id,
  destination: conversation,
  stopping: new AbortController().signal,
  lost: lost.signal,
});
const show = (text: string) => screen.show(text, slow.compose(`${text} ▌`)[0] ?? {});
const finish = () =>
  agent.endings.finish(lease, turn, { text: 'The whole answer.', model: null, errorCode: null });
const deliver = (by = agent.channel) =>
  delivererOf(agent.room, by, { gate: agent.gate }).run(conversation.id);
const shown = () => agent.telegram.textsOf(Number(conversation.chatId));
const edits = () => agent.telegram.callsOf('editMessageText', Number(conversation.chatId)).length;
const doubts = () => agent.room.prisma.lateEdit.findMany({ where: { conversationId: conversation.id } });
const draft = () => agent.drafts.find(turn.id);

/** Another process goes on with the turn. */
const takeOver = async () => {
  await agent.room.expire(conversation.id);
  lease = await agent.room.lease(conversation.id);
  turn = await agent.turns.takeOver(lease, turn);
};

/** The time in which an edit may come late is over. */
const timePasses = () =>
  agent.room.pool.query(
    `UPDATE late_edits SET until = until - $2 * interval '1 ms', confirm_at = confirm_at - $2 * interval '1 ms',
       put_off_at = put_off_at - $2 * interval '1 ms' WHERE conversation_id = $1`,
    [conversation.id, LATE_MS],
  );

describe('The final text of an answer that was shown while it was written', () => {
  it('is put in once, where every edit before it was answered', async () => {
    await show('One two');
    await show('One two three');
    expect(await draft()).toMatchObject({ editingSince: null });
    await screen.end();
    await finish();
    expect(await deliver()).toEqual({ next: 'none' });
    expect(edits()).toBe(3);
    expect(await doubts()).toEqual([]);
  });

  it('is put in once more after an edit of a process that has lost the turn, also before its own record', async () => {
    const late = slow.holdRequest();
    const lateShow = show('One two');
    await late.reached;
    await takeOver();
    await finish();
    const answering = new HeldEdits(agent.telegram);
    const answer = answering.holdAnswer();
    const delivering = deliver(answering);
    await answer.reached;
    late.release();
    await lateShow;
    expect(shown()).toEqual(['One two ▌']);
    answer.release();
    await delivering;
    await deliver();
    expect(shown()).toEqual(['The whole answer.']);
  });

  it('is put in once more though the edit of such a process comes after all confirmations', async () => {
    const late = slow.holdRequest();
    const lateShow = show('One two');
    await late.reached;
    await takeOver();
    await finish();
    await deliver();
    await timePasses();
    await deliver();
    expect(await doubts()).toEqual([]);
    late.release();
    await lateShow;
    expect(shown()).toEqual(['One two ▌']);
    await deliver();
    expect(shown()).toEqual(['The whole answer.']);
    expect(await doubts()).toEqual([]);
  });

  it('is put in once more after an edit whose connection broke', async () => {
    const late = slow.breakNext();
    await show('One two');
    await screen.end();
    await finish();
    await deliver();
    await late.arrives();
    expect(shown()).toEqual(['One two ▌']);
    await timePasses();
    await deliver();
    expect(shown()).toEqual(['The whole answer.']);
    expect(await doubts()).toEqual([]);
  });

  it('is put in once more after an edit whose process died, and another one has finished the turn', async () => {
    const late = slow.dieInNext();
    await expect(show('One two')).rejects.toThrow('dead');
    await takeOver();
    await finish();
    await deliver();
    await late.arrives();
    expect(shown()).toEqual(['One two ▌']);
    await timePasses();
    await deliver();
    expect(shown()).toEqual(['The whole answer.']);
    expect(await doubts()).toEqual([]);
  });

  it('is put in once more after such an edit, where the next process has shown more of it', async () => {
    const late = slow.dieInNext();
    await expect(show('One two')).rejects.toThrow('dead');
    await takeOver();
    const lives = new LiveReplies(agent.channel, agent.drafts, agent.gate, new Stopping(), agent.streaming);
    const live = await lives.of(lease, turn, conversation, new AbortController().signal);
    await live.end();
    screen = new MessageScreen(
      slow,
      agent.drafts,
      agent.gate,
      shownTurn(),
      (await draft())?.channelMessageId ?? null,
    );
    await show('One two three');
    await finish();
    await deliver();
    await late.arrives();
    expect(shown()).toEqual(['One two ▌']);
    await timePasses();
    await deliver();
    expect(shown()).toEqual(['The whole answer.']);
  });

  it('is put in once more where the process hears in its last edit that the turn is another one’s', async () => {
    const late = slow.dieInNext();
    await expect(show('One two')).rejects.toThrow('dead');
    await takeOver();
    await finish();
    await deliver();
    await timePasses();
    await deliver();
    expect(await doubts()).toEqual([]);
    lost.abort(new LeaseLostError('the turn'));
    await screen.end();
    await late.arrives();
    await timePasses();
    await deliver();
    expect(shown()).toEqual(['The whole answer.']);
  });
});
