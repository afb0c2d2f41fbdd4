import { errorText } from '../../../test/support/error-texts.js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ChannelMessageId } from '../../channel/ids.js';
import { destinationOf } from '../../channel/destination-of.js';
import { AgentRoom } from '../../../test/support/agent-room.js';
import { delivererOf } from '../../../test/support/delivery-parts.js';
import { HeldEdits } from '../../../test/support/held-edits.js';
import { LATE_MS } from '../../delivery/late-edit.js';
import { LeaseLostError } from '../../platform/errors/errors.js';
import type { Conversation, Turn } from '../../generated/prisma/client.js';
import type { Lease } from '../../queue/lease/lease.repository.js';
import { Stopping } from '../../platform/runtime/stopping.js';
import { StreamedReplies } from './streamed-replies.js';
import { MessagePreviewTarget } from './message-preview-target.js';

let agent: AgentRoom;
let conversation: Conversation;
let lease: Lease;
let turn: Turn;
let lost: AbortController;
/** The channel of the process that writes the answer. */
let slow: HeldEdits;
let previewTarget: MessagePreviewTarget;

beforeAll(async () => {
  agent = await AgentRoom.open();
});
afterAll(() => agent.close());

/** A turn that shows its streamed reply. */
beforeEach(async () => {
  conversation = await agent.room.conversation();
  ({ lease, turn } = await agent.begin(conversation, 'tell me'));
  lost = new AbortController();
  slow = new HeldEdits(agent.telegram);
  previewTarget = new MessagePreviewTarget(slow, agent.drafts, agent.gate, shownTurn(), null);
  await show('One');
});
afterEach(() => previewTarget.end());

const shownTurn = () => ({
  lease,
  turnId: turn.id,
  destination: destinationOf(conversation),
  stopping: new AbortController().signal,
  lost: lost.signal,
});
const show = (text: string) => previewTarget.show(text, slow.compose(`${text} ▌`)[0] ?? {});
const finish = () =>
  agent.completion.finish(lease, turn, { text: 'The whole answer.', model: null, errorCode: null });
const fail = () =>
  agent.completion.fail(lease, turn, { code: 'TEST', error: errorText('trouble'), text: 'Sorry.' });
const deliver = (by = agent.channel) =>
  delivererOf(agent.room, by, { gate: agent.gate }).run(conversation.id);
const shown = () => agent.telegram.textsOf(Number(conversation.chatId));
const edits = () => agent.telegram.callsOf('editMessageText', Number(conversation.chatId)).length;
const doubts = () => agent.room.prisma.lateEdit.findMany({ where: { conversationId: conversation.id } });
const draft = () => agent.drafts.find(turn.id);

/** Another process continues the turn. */
const takeOver = async () => {
  await agent.room.expire(conversation.id);
  lease = await agent.room.lease(conversation.id);
  turn = await agent.turns.takeOver(lease, turn);
};

/** The time for late edits is over. */
const timePasses = () =>
  agent.room.pool.query(
    `UPDATE late_edits SET until = until - $2 * interval '1 ms', confirm_at = confirm_at - $2 * interval '1 ms',
       put_off_at = put_off_at - $2 * interval '1 ms' WHERE conversation_id = $1`,
    [conversation.id, LATE_MS],
  );

describe('The confirmation of a streamed reply’s final text', () => {
  it('sends the text once when every earlier edit was answered', async () => {
    await show('One two');
    await show('One two three');
    expect(await draft()).toMatchObject({ editingSince: null });
    await previewTarget.end();
    await finish();
    expect(await deliver()).toEqual({ next: 'none' });
    expect(edits()).toBe(3);
    expect(await doubts()).toEqual([]);
  });

  it('sends the text again after an edit of a process that has lost the turn, also before its own record', async () => {
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

  it('sends the text again when the edit of such a process comes after all confirmations', async () => {
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

  it('sends the text again after an edit whose connection broke', async () => {
    const late = slow.breakNext();
    await show('One two');
    await previewTarget.end();
    await finish();
    await deliver();
    await late.arrives();
    expect(shown()).toEqual(['One two ▌']);
    await timePasses();
    await deliver();
    expect(shown()).toEqual(['The whole answer.']);
    expect(await doubts()).toEqual([]);
  });

  it.each([
    ['has finished', finish, 'The whole answer.'],
    ['has failed', fail, 'Sorry.'],
  ])('sends the text again after an edit whose process died, when the turn %s', async (_end, end, text) => {
    const late = slow.dieInNext();
    await expect(show('One two')).rejects.toThrow('dead');
    await takeOver();
    await end();
    await deliver();
    await late.arrives();
    expect(shown()).toEqual(['One two ▌']);
    await timePasses();
    await deliver();
    expect(shown()).toEqual([text]);
    expect(await doubts()).toEqual([]);
  });

  it('sends the text again after such an edit, when the next process has shown more of it', async () => {
    const late = slow.dieInNext();
    await expect(show('One two')).rejects.toThrow('dead');
    await takeOver();
    const lives = new StreamedReplies(
      agent.channel,
      agent.drafts,
      agent.gate,
      new Stopping(),
      agent.streaming,
    );
    const { signal } = new AbortController();
    const streamedReply = await lives.openForTurn({ lease, turn, conversation, signal, mayHaveDraft: true });
    await streamedReply.end();
    previewTarget = new MessagePreviewTarget(
      slow,
      agent.drafts,
      agent.gate,
      shownTurn(),
      ChannelMessageId((await draft())?.channelMessageId ?? ''),
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

  it('sends the text again when the process loses the turn during its last edit', async () => {
    const late = slow.dieInNext();
    await expect(show('One two')).rejects.toThrow('dead');
    await takeOver();
    await finish();
    await deliver();
    await timePasses();
    await deliver();
    expect(await doubts()).toEqual([]);
    lost.abort(new LeaseLostError('the turn'));
    await previewTarget.end();
    await late.arrives();
    await timePasses();
    await deliver();
    expect(shown()).toEqual(['The whole answer.']);
  });
});
