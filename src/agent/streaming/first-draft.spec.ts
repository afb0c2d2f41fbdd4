import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { destinationOf } from '../../channel/destination-of.js';
import { AgentRoom } from '../../../test/support/agent-room.js';
import { delivererOf } from '../../../test/support/delivery-parts.js';
import { HeldEdits } from '../../../test/support/held-edits.js';
import type { SendOutcome } from '../../channel/channel.js';
import { LeaseLostError } from '../../platform/errors/errors.js';
import type { Conversation, Turn } from '../../generated/prisma/client.js';
import type { Lease } from '../../queue/lease/lease.repository.js';
import { MessagePreviewTarget } from './message-preview-target.js';

let agent: AgentRoom;
let conversation: Conversation;
let lease: Lease;
let turn: Turn;

beforeAll(async () => {
  agent = await AgentRoom.open();
});
afterAll(() => agent.close());
beforeEach(async () => {
  conversation = await agent.room.conversation();
  ({ lease, turn } = await agent.begin(conversation, 'tell me'));
});
afterEach(() =>
  agent.room.pool.query('DROP FUNCTION IF EXISTS away() CASCADE; DROP SEQUENCE IF EXISTS tries'),
);

/** Runs an action between Telegram's answer and its record. */
class Meanwhile extends HeldEdits {
  constructor(private readonly happens: () => Promise<unknown>) {
    super(agent.telegram);
  }

  override async send(...sent: Parameters<HeldEdits['send']>): Promise<SendOutcome> {
    const outcome = await super.send(...sent);
    await this.happens();
    return outcome;
  }
}

/** The database refuses the next change of a draft, and no other. A sequence counts rolled-back changes too. */
const refuseOnce = () =>
  agent.room.pool.query(`
    CREATE SEQUENCE tries;
    CREATE FUNCTION away() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF nextval('tries') = 1 THEN RAISE EXCEPTION 'drafts: away' USING ERRCODE = '57P01'; END IF;
        RETURN NEW;
      END $$;
    CREATE TRIGGER away BEFORE UPDATE ON drafts FOR EACH ROW EXECUTE FUNCTION away()`);
const takeOver = async () => {
  await agent.room.expire(conversation.id);
  lease = await agent.room.lease(conversation.id);
  turn = await agent.turns.takeOver(lease, turn);
};
const shownBy = (channel: HeldEdits, lost = new AbortController().signal) => {
  const destination = destinationOf(conversation);
  const stopping = new AbortController().signal;
  const shown = { lease, turnId: turn.id, destination, stopping, lost };
  return new MessagePreviewTarget(channel, agent.drafts, agent.gate, shown, null);
};
const show = (target: MessagePreviewTarget, channel: HeldEdits) =>
  target.show('One', channel.compose('One ▌')[0] ?? {});
const texts = () => agent.telegram.textsOf(Number(conversation.chatId));

describe('The first draft of an answer', () => {
  it('is recorded even if the database refuses that once: the answer replaces it', async () => {
    const channel = new Meanwhile(refuseOnce);
    const target = shownBy(channel);
    expect(await show(target, channel)).toEqual({ kind: 'shown' });
    await target.end();
    await agent.completion.finish(lease, turn, { text: 'The answer.', model: null, errorCode: null });
    await delivererOf(agent.room, agent.channel, { gate: agent.gate }).run(conversation.id);
    expect(texts()).toEqual(['The answer.']);
  });

  const replies = () =>
    agent.room.prisma.reply.findMany({ where: { conversationId: conversation.id }, select: { state: true } });
  const doubts = () => agent.room.prisma.lateEdit.count({ where: { conversationId: conversation.id } });
  const finish = () =>
    agent.completion.finish(lease, turn, { text: 'The answer.', model: null, errorCode: null });
  const deliver = () => delivererOf(agent.room, agent.channel, { gate: agent.gate }).run(conversation.id);

  /** The first draft is sent, and the action runs before its record. */
  async function showWhile(happens: () => Promise<unknown>): Promise<void> {
    const channel = new Meanwhile(happens);
    const lost = new AbortController();
    const target = shownBy(channel, lost.signal);
    await expect(show(target, channel)).rejects.toThrow(LeaseLostError);
    lost.abort(new LeaseLostError('the turn'));
    await target.end();
  }

  it('is handed over when its turn was taken over before the record: the answer replaces it', async () => {
    await showWhile(takeOver);
    await finish();
    await deliver();
    expect(texts()).toEqual(['The answer.']);
    expect(await replies()).toEqual([{ state: 'sent' }]);
  });

  it('is handed over to the unsent answer', async () => {
    await showWhile(async () => {
      await takeOver();
      await finish();
    });
    await deliver();
    expect(texts()).toEqual(['The answer.']);
    expect(await replies()).toEqual([{ state: 'sent' }]);
  });

  it('belongs to no turn while its answer is being sent', async () => {
    const { prisma } = agent.room;
    const where = { conversationId: conversation.id };
    await showWhile(async () => {
      await takeOver();
      await finish();
      await prisma.reply.updateMany({ where, data: { state: 'sending', attempts: 1 } });
    });
    expect(await prisma.reply.findMany({ where })).toMatchObject([
      { state: 'sending', channelMessageId: null },
    ]);
  });

  it('belongs to no turn when its answer was sent before the record: no text of it is in doubt', async () => {
    await showWhile(async () => {
      await takeOver();
      await finish();
      await deliver();
    });
    expect(texts()).toEqual(['One ▌', 'The answer.']);
    expect(await replies()).toEqual([{ state: 'uncertain' }]);
    expect(await doubts()).toBe(0);
  });
});
