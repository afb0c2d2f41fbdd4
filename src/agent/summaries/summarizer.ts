import { Injectable, Logger } from '@nestjs/common';
import { AgentSettings } from '../../config/agent.settings.js';
import { GiveUpError, LeaseLostError, RetryLaterError, TurnpikeError } from '../../errors/errors.js';
import { isUnreachable } from '../../errors/unreachable.js';
import type { Conversation, Summary } from '../../generated/prisma/client.js';
import type { LaneOutcome } from '../../lease/lane-outcome.js';
import { LeaseHolder } from '../../lease/lease-holder.js';
import type { Lease } from '../../lease/lease.repository.js';
import { ConversationRepository } from '../../memory/conversation.repository.js';
import { NEWEST } from '../../memory/message.repository.js';
import { Random } from '../../runtime/random.js';
import { Stopping } from '../../runtime/stopping.js';
import { type Entry, tokensOf } from '../context/context.js';
import { HistoryReader } from '../context/history-reader.js';
import type { ModelAnswer } from '../turn/model-answer.js';
import { ModelCallers } from '../model/model-caller.js';
import { ModelClient, type ModelRequest } from '../model/model-client.js';
import { ContextOverflowError } from '../model/model-error.js';
import { TokenCounter } from '../context/token-counter.js';
import { outgrownPart, sharesOf } from './outgrown.js';
import { nextTryMs } from './summary-failure.js';
import { summaryRequest, withinTokens } from './summary-request.js';
import { SummaryRepository } from './summary.repository.js';

/** Times that a part is halved which the model cannot read at once. */
const HALVINGS = 3;

/** Nobody reads along. */
const unseen = (): void => undefined;

const none: LaneOutcome = { next: 'none' };

/**
 * Folds the oldest part of a conversation's history into its summary, until what is left is within its share. No turn
 * waits for it: while there is no summary, or an older one, a turn shows as much of the history as fits.
 */
@Injectable()
export class Summarizer {
  private readonly logger = new Logger(Summarizer.name);

  constructor(
    private readonly conversations: ConversationRepository,
    private readonly summaries: SummaryRepository,
    private readonly reader: HistoryReader,
    private readonly model: ModelClient,
    private readonly callers: ModelCallers,
    private readonly leases: LeaseHolder,
    private readonly stopping: Stopping,
    private readonly tokens: TokenCounter,
    private readonly settings: AgentSettings,
    private readonly random: Random,
  ) {}

  /**
   * Does what is due in the conversation; what is left undone is found by the sweep.
   * @throws only what the database throws
   */
  async run(conversationId: string): Promise<LaneOutcome> {
    try {
      await this.leases.hold(conversationId, 'summaries', (lease, lost) => this.runHeld(lease, lost));
    } catch (error) {
      if (!(error instanceof LeaseLostError)) throw error;
    }
    return none;
  }

  private async runHeld(lease: Lease, lost: AbortSignal): Promise<void> {
    while (!this.stopping.soon.aborted) {
      const conversation = await this.conversations.find(lease.conversationId);
      if (conversation?.status !== 'active') return;
      const summary = await this.summaries.due(lease, conversation);
      if (!summary) return;
      try {
        await this.goOn(lease, lost, conversation, summary);
      } catch (error) {
        lost.throwIfAborted();
        if (this.stopping.now.aborted) return;
        if (error instanceof LeaseLostError || isUnreachable(error)) throw error;
        await this.fail(lease, summary, error);
        return;
      }
    }
  }

  /** One part more, or the end of it. */
  private async goOn(
    lease: Lease,
    lost: AbortSignal,
    conversation: Conversation,
    summary: Summary,
  ): Promise<void> {
    const shares = sharesOf(this.settings.contextTokens);
    const history = await this.unsummarised(conversation, summary, shares.catchUp);
    let partTokens = shares.part;
    for (let halvings = 0; ; halvings += 1, partTokens /= 2) {
      const part = outgrownPart(history, shares, partTokens);
      const [first] = part;
      const last = part.at(-1);
      if (!first || !last) return await this.summaries.settle(lease, summary);
      const request = summaryRequest(summary.text, part, shares.summary, Math.floor(partTokens));
      try {
        const answer = await this.ask(request, conversation, lost);
        const text = withinTokens(textOf(answer), shares.summary, (one) => this.tokens.count(one));
        const coversFrom = summary.text === '' ? first.message.id : summary.coversFrom;
        const coversUntil = last.message.id;
        const { model, inputTokens, outputTokens } = answer;
        const tokens = this.tokens.count(text);
        await this.summaries.replace(lease, summary, { text, coversFrom, coversUntil, model, tokens });
        const about = { conversationId: conversation.id, messages: part.length, coversUntil };
        this.logger.log({ msg: 'history summarised', ...about, tokens, inputTokens, outputTokens });
        return;
      } catch (error) {
        if (!(error instanceof ContextOverflowError) || halvings >= HALVINGS) throw error;
      }
    }
  }

  /** In no more time than a turn may take. */
  private async ask(
    request: ModelRequest,
    conversation: Conversation,
    lost: AbortSignal,
  ): Promise<ModelAnswer> {
    const { turnTimeoutMs } = this.settings;
    const end = new AbortController();
    const timer = setTimeout(
      () => end.abort(new RetryLaterError('SUMMARY_TIMEOUT', `no summary within ${turnTimeoutMs} ms`)),
      turnTimeoutMs,
    );
    try {
      const caller = await this.callers.of(conversation, null);
      const signal = AbortSignal.any([lost, this.stopping.now, end.signal]);
      return await this.model.complete(request, caller, signal, unseen);
    } finally {
      clearTimeout(timer);
      // Frees the composed signal, to which the client leaves listeners, from those that outlive the call.
      end.abort();
    }
  }

  /** What the summary does not tell of yet, oldest first; of very much the newest part. */
  private async unsummarised(
    conversation: Conversation,
    { epoch, coversUntil }: Summary,
    limitTokens: number,
  ): Promise<Entry[]> {
    const stretch = { conversationId: conversation.id, epoch, after: coversUntil, before: NEWEST };
    const pages: Entry[][] = [];
    let tokens = 0;
    for await (const entries of this.reader.pages(conversation, stretch)) {
      pages.unshift(entries);
      tokens += entries.reduce((sum, entry) => sum + tokensOf(entry), 0);
      if (tokens > limitTokens) break;
    }
    return pages.flat();
  }

  private async fail(lease: Lease, summary: Summary, error: unknown): Promise<void> {
    const delayMs = nextTryMs(error, summary.attempts + 1, this.random.next());
    const code = error instanceof TurnpikeError ? error.code : 'SUMMARY_BROKEN';
    const message = `${code}: ${error instanceof Error ? error.message : String(error)}`;
    this.logger.warn({
      msg: delayMs === null ? 'history not summarised' : 'summary put off',
      conversationId: summary.conversationId,
      code,
      delayMs,
      error: message,
    });
    await this.summaries.fail(lease, summary, message.replaceAll('\0', '').toWellFormed(), delayMs);
  }
}

/** @throws GiveUpError, RetryLaterError where there is no text in the answer */
function textOf({ content, refusal, finishReason }: ModelAnswer): string {
  if (refusal?.trim() || finishReason === 'content_filter')
    throw new GiveUpError('SUMMARY_REFUSED', 'the model did not summarise this part');
  const text = content?.trim() ?? '';
  if (text === '') throw new RetryLaterError('SUMMARY_EMPTY', 'the model gave no text');
  return text;
}
