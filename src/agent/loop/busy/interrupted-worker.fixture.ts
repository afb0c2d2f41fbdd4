import { type ClaimedTurn, TurnRun } from '../../turns/turn-run.js';
import type { AgentRoom } from '../../../../test/support/agent-room.js';
import { newChatId, textUpdate } from '../../../../test/support/updates.js';
import type { Conversation, Turn } from '../../../generated/prisma/client.js';
import type { Lease } from '../../../queue/lease/lease.repository.js';
import { requestMessages } from '../../context/turn-request.js';
import { TurnWatchRepository } from './turn-watch.repository.js';
import type { Interrupt, NewsOutcome } from './interruptions.service.js';
import { errorText } from '../../../../test/support/error-texts.js';

/** A worker that its test takes from one commit to the next, like a runner, but without a model and without time. */
export class InterruptedWorker {
  /** The requests of answered turns, one text a request. */
  readonly answered: string[] = [];
  private at: { readonly run: TurnRun; readonly interrupt: Interrupt } | null = null;
  private readonly watch: TurnWatchRepository;

  constructor(
    private readonly agent: AgentRoom,
    readonly conversation: Conversation,
  ) {
    this.watch = new TurnWatchRepository(agent.room.prisma);
  }

  get turn(): Turn | null {
    return this.at?.run.turn ?? null;
  }

  /** @throws if no turn is under way */
  get underWay(): TurnRun {
    if (!this.at) throw new Error('no turn is under way');
    return this.at.run;
  }

  /** Writes the text in the chat. */
  async say(text: string, from: number): Promise<bigint> {
    const { chatId } = this.conversation;
    const sender = { id: from, is_bot: false, first_name: 'N' };
    const update = textUpdate(Number(chatId), text, { from: sender });
    return await this.agent.room.event(this.conversation, text, {}, update);
  }

  /** Continues the open turn, or begins one for waiting messages. @returns whether there was anything to do */
  async begin(): Promise<boolean> {
    const { agent, conversation } = this;
    const lease = await agent.room.lease(conversation.id);
    await agent.commands.handleWaiting(conversation.id, lease);
    const state = await agent.laneStates.read(conversation.id);
    const open = state?.open && (await agent.turns.findUnfinished(state.open.turnId));
    const claimed = open ? await this.takeOver(lease, open) : await this.claim(lease);
    const run = claimed && TurnRun.forClaim(lease, conversation, claimed);
    if (run) this.at = { run, interrupt: agent.interruptions.createInterrupt(run) };
    else await agent.room.leases.release(lease);
    return run !== null;
  }

  private async takeOver(lease: Lease, open: Turn): Promise<ClaimedTurn> {
    const turn = await this.agent.turns.takeOver(lease, open);
    return { turn, heard: await this.agent.turns.readHeard(turn.id), records: null };
  }

  private async claim(lease: Lease): Promise<ClaimedTurn | null> {
    const conversation = await this.agent.room.conversations.find(this.conversation.id);
    const claimed = conversation && (await this.agent.claimNext(lease, conversation));
    return claimed?.kind === 'turn' ? claimed : null;
  }

  /** Checks whether something interrupts the turn. @returns null if nothing has arrived */
  async look(): Promise<NewsOutcome | null> {
    const [sight] = await this.watch.look([this.conversation.id]);
    if (!this.at || !sight?.news) return null;
    const decided = await this.at.interrupt(sight.news);
    if (decided.kind === 'interrupted') this.at = null;
    return decided;
  }

  /** The texts of the turn's request, without the system prompt. */
  async request(): Promise<string[]> {
    const { lease, turn } = this.underWay;
    const conversation = await this.agent.room.conversations.find(this.conversation.id);
    if (!conversation) throw new Error('no conversation');
    const signal = new AbortController().signal;
    const context = await this.agent.context.build(
      { lease, conversation, turn, sender: null, past: null, signal },
      await this.agent.messages.ofTurn(turn),
    );
    const [, ...shown] = requestMessages(context, context.exchanges, context.joined);
    return shown.map((message) => {
      const calls = message.role === 'assistant' && message.tool_calls ? ' calls' : '';
      return `${message.role}${calls}: ${typeof message.content === 'string' ? message.content : ''}`;
    });
  }

  /** Answers the turn. */
  async finish(): Promise<void> {
    if (!this.at) return;
    const request = (await this.request()).join('\n');
    const { lease, turn } = this.underWay;
    await this.agent.completion.finish(lease, turn, { text: 'Answer.', model: null, errorCode: null });
    this.answered.push(request);
    await this.agent.room.leases.release(lease);
    this.at = null;
  }

  /** Dies at this point, and its lease expires. */
  async die(): Promise<void> {
    this.at = null;
    await this.agent.room.expire(this.conversation.id);
  }

  /** Fails the turn for good. @returns the dead letter's id */
  async fail(): Promise<string> {
    const { lease, turn } = this.underWay;
    await this.agent.completion.fail(lease, turn, {
      code: 'MODEL_400',
      error: errorText('no'),
      text: 'Sorry.',
    });
    await this.agent.room.leases.release(lease);
    this.at = null;
    const where = { subjectId: turn.id };
    return (await this.agent.room.prisma.deadLetter.findFirstOrThrow({ where })).id;
  }

  /** Works until nothing is due. */
  async drain(): Promise<void> {
    await this.finish();
    while (await this.begin()) await this.finish();
  }
}

/** A group in the mode `interrupt`, in which every message is for the bot. */
export const interruptedGroup = (agent: AgentRoom): Promise<Conversation> =>
  agent.room.conversation({
    chatId: String(-newChatId()),
    chatType: 'supergroup',
    answersAll: true,
    busyMode: 'interrupt',
  });

/** A person with this access. */
export async function somebody(agent: AgentRoom, access: 'let in' | 'blocked' | 'unknown'): Promise<number> {
  const id = newChatId();
  if (access === 'unknown') return id;
  const blockedAt = access === 'blocked' ? new Date() : null;
  await agent.room.prisma.personAccess.create({
    data: { channel: 'telegram', userId: String(id), role: 'user', blockedAt },
  });
  return id;
}
