import type { AgentRoom } from '../../../test/support/agent-room.js';
import { newChatId, textUpdate } from '../../../test/support/updates.js';
import type { Conversation, Turn } from '../../generated/prisma/client.js';
import type { Lease } from '../../lease/lease.repository.js';
import { requestMessages } from '../context/turn-request.js';
import { TurnWatchRepository } from '../turn/turn-watch.repository.js';
import type { Interrupt, NewsOutcome } from './interruptions.service.js';
import { errorText } from '../../../test/support/error-texts.js';

/** A worker that goes from one commit to the next as its test says: what a runner does, without a model and without time. */
export class InterruptedWorker {
  /** What was in the requests of turns that gave an answer, one text a request. */
  readonly answered: string[] = [];
  private at: { readonly lease: Lease; readonly turn: Turn; readonly interrupt: Interrupt } | null = null;
  private readonly watch: TurnWatchRepository;

  constructor(
    private readonly agent: AgentRoom,
    readonly conversation: Conversation,
  ) {
    this.watch = new TurnWatchRepository(agent.room.prisma);
  }

  get turn(): Turn | null {
    return this.at?.turn ?? null;
  }

  /** @throws where no turn is under way */
  get underWay(): { readonly lease: Lease; readonly turn: Turn } {
    if (!this.at) throw new Error('no turn is under way');
    return this.at;
  }

  /** Says it in the chat. */
  async say(text: string, from: number): Promise<bigint> {
    const { chatId } = this.conversation;
    const sender = { id: from, is_bot: false, first_name: 'N' };
    const update = textUpdate(Number(chatId), text, { from: sender });
    return await this.agent.room.event(this.conversation, text, {}, update);
  }

  /** Goes on with what is open, or begins what waits. @returns whether there was anything to do */
  async begin(): Promise<boolean> {
    const { agent, conversation } = this;
    const lease = await agent.room.lease(conversation.id);
    await agent.commands.handleWaiting(conversation.id, lease);
    const open = await agent.turns.findOpen(conversation.id);
    const turn = open ? await agent.turns.takeOver(lease, open.turn) : await this.claim(lease);
    if (turn) this.at = { lease, turn, interrupt: agent.interruptions().of(lease, turn) };
    else await agent.room.leases.release(lease);
    return turn !== null;
  }

  private async claim(lease: Lease): Promise<Turn | null> {
    const conversation = await this.agent.room.conversations.find(this.conversation.id);
    const claimed = conversation && (await this.agent.claim.next(lease, conversation));
    return claimed?.kind === 'turn' ? claimed.turn : null;
  }

  /** Looks whether something interrupts the turn. @returns null where nothing has come */
  async look(): Promise<NewsOutcome | null> {
    const [sight] = await this.watch.look([this.conversation.id]);
    if (!this.at || !sight?.news) return null;
    const decided = await this.at.interrupt(sight.news);
    if (decided.kind === 'interrupted') this.at = null;
    return decided;
  }

  /** What the model is shown for the turn: texts, without the system prompt. */
  async request(): Promise<string[]> {
    const { turn } = this.underWay;
    const conversation = await this.agent.room.conversations.find(this.conversation.id);
    if (!conversation) throw new Error('no conversation');
    const signal = new AbortController().signal;
    const context = await this.agent.context.build(conversation, turn, null, signal);
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
    const { lease, turn } = this.at;
    await this.agent.endings.finish(lease, turn, { text: 'Answer.', model: null, errorCode: null });
    this.answered.push(request);
    await this.agent.room.leases.release(lease);
    this.at = null;
  }

  /** Dies as it stands, and is known to be dead. */
  async die(): Promise<void> {
    this.at = null;
    await this.agent.room.expire(this.conversation.id);
  }

  /** Fails the turn for good. @returns the dead letter's id */
  async fail(): Promise<string> {
    const { lease, turn } = this.underWay;
    await this.agent.endings.fail(lease, turn, { code: 'MODEL_400', error: errorText('no'), text: 'Sorry.' });
    await this.agent.room.leases.release(lease);
    this.at = null;
    const where = { subjectId: turn.id };
    return (await this.agent.room.prisma.deadLetter.findFirstOrThrow({ where })).id;
  }

  /** Works until nothing is left that may be done now. */
  async drain(): Promise<void> {
    await this.finish();
    while (await this.begin()) await this.finish();
  }
}

/** A group in the mode `interrupt`, where all that people say is for the bot. */
export const interruptedGroup = (agent: AgentRoom): Promise<Conversation> =>
  agent.room.conversation({
    chatId: BigInt(-newChatId()),
    chatType: 'supergroup',
    answersAll: true,
    busyMode: 'interrupt',
  });

/** Somebody whom the bot talks to, or does not. */
export async function somebody(
  agent: AgentRoom,
  standing: 'let in' | 'blocked' | 'unknown',
): Promise<number> {
  const id = newChatId();
  if (standing === 'unknown') return id;
  const blockedAt = standing === 'blocked' ? new Date() : null;
  await agent.room.prisma.personAccess.create({
    data: { channel: 'telegram', userId: BigInt(id), role: 'user', blockedAt },
  });
  return id;
}
