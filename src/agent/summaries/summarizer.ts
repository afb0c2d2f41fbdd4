import { Injectable, Logger } from '@nestjs/common';
import { Budgets } from '../../budget/budgets.service.js';
import type { SummaryBudget } from '../../budget/summary-budget.js';
import { AgentSettings } from '../../config/agent.settings.js';
import { insist } from '../../database/insist.js';
import { ErrorTexts } from '../../errors/error-text.js';
import { GiveUpError, LeaseLostError, RetryLaterError, TurnpikeError } from '../../errors/errors.js';
import { isUnreachable } from '../../errors/unreachable.js';
import type { BudgetScope, Conversation, Summary } from '../../generated/prisma/client.js';
import type { LaneOutcome } from '../../lease/lane-outcome.js';
import { LeaseHolder } from '../../lease/lease-holder.js';
import type { Lease } from '../../lease/lease.repository.js';
import { ConversationRepository } from '../../memory/conversation.repository.js';
import { NEWEST } from '../../memory/message.repository.js';
import { Random } from '../../runtime/random.js';
import { Stopping } from '../../runtime/stopping.js';
import { bringsOutside } from '../guard/outside-influence.js';
import { type Entry, tokensOf } from '../context/context.js';
import { HistoryReader } from '../context/history-reader.js';
import type { ModelAnswer } from '../turn/model-answer.js';
import { ModelCallers } from '../model/model-caller.js';
import { ModelClient, type ModelRequest } from '../model/model-client.js';
import { ContextOverflowError } from '../model/model-error.js';
import { TokenCounter } from '../context/token-counter.js';
import { outgrownPart, sharesOf } from './outgrown.js';
import { requestTokens, withUsage } from '../turn/usage-estimate.js';
import { budgetPauseMs, nextTryMs } from './summary-failure.js';
import { summaryRequest, withinTokens } from './summary-request.js';
import { SummaryRepository } from './summary.repository.js';

/** Times that a part is halved which the model cannot read at once. */
const HALVINGS = 3;

/** Nobody reads along. */
const unseen = (): void => undefined;

const none: LaneOutcome = { next: 'none' };

/** The messages that a new part takes in. */
interface Covered {
  readonly from: bigint;
  readonly until: bigint;
  readonly messages: number;
  readonly outside: boolean;
}

/** A try to take in one part more. */
interface Attempt {
  readonly lease: Lease;
  readonly lost: AbortSignal;
  readonly conversation: Conversation;
  readonly summary: Summary;
  readonly budget: SummaryBudget;
}

/**
 * Folds the oldest part of a conversation's history into its summary, until what is left is within its share. No turn
 * waits for it: while there is no summary, or an older one, a turn shows as much of the history as fits. Where a budget
 * does not allow it, it is put off.
 */
@Injectable()
export class Summarizer {
  private readonly logger = new Logger(Summarizer.name);
  private readonly count = (text: string): number => this.tokens.count(text);

  constructor(
    private readonly conversations: ConversationRepository,
    private readonly summaries: SummaryRepository,
    private readonly reader: HistoryReader,
    private readonly model: ModelClient,
    private readonly callers: ModelCallers,
    private readonly leases: LeaseHolder,
    private readonly stopping: Stopping,
    private readonly tokens: TokenCounter,
    private readonly budgets: Budgets,
    private readonly settings: AgentSettings,
    private readonly random: Random,
    private readonly words: ErrorTexts,
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
      const budget = this.budgets.openForSummary(lease, this.callers.modelOf(conversation));
      const attempt = { lease, lost, conversation, summary, budget };
      try {
        await this.goOn(attempt);
      } catch (error) {
        lost.throwIfAborted();
        if (this.stopping.now.aborted) return;
        if (error instanceof LeaseLostError || isUnreachable(error)) throw error;
        await this.fail(attempt, error);
        return;
      }
    }
  }

  /** One part more, or the end of it. */
  private async goOn(attempt: Attempt): Promise<void> {
    const { lease, conversation, summary } = attempt;
    const shares = sharesOf(this.settings.contextTokens);
    const history = await this.unsummarised(conversation, summary, shares.catchUp);
    let partTokens = shares.part;
    for (let halvings = 0; ; halvings += 1, partTokens /= 2) {
      const entries = outgrownPart(history, shares, partTokens);
      const [first] = entries;
      const last = entries.at(-1);
      if (!first || !last) return await this.summaries.settle(lease, summary);
      const request = {
        ...summaryRequest(summary.text, entries, shares.summary, Math.floor(partTokens)),
        ...attempt.budget.callLimit,
      };
      const refused = await attempt.budget.admit(() => requestTokens(request, this.count));
      if (refused) return await this.putOff(attempt, refused);
      try {
        const answer = await this.ask(request, attempt);
        const covered = {
          from: first.message.id,
          until: last.message.id,
          messages: entries.length,
          outside: entries.some(({ blocks }) => blocks.some(bringsOutside)),
        };
        return await this.fold(attempt, covered, answer, shares.summary);
      } catch (error) {
        if (!(error instanceof ContextOverflowError) || halvings >= HALVINGS) throw error;
      }
    }
  }

  /** Puts what the model answered in the place of the summary so far. */
  private async fold(
    { lease, conversation, summary, budget }: Attempt,
    { from, until, messages, outside: fromOutside }: Covered,
    answer: ModelAnswer,
    limitTokens: number,
  ): Promise<void> {
    const text = withinTokens(textOf(answer), limitTokens, this.count);
    const coversFrom = summary.text === '' ? from : summary.coversFrom;
    const { model, inputTokens, outputTokens } = answer;
    const tokens = this.tokens.count(text);
    // What was from outside in the summary so far is in this one.
    const outside = fromOutside || (summary.text !== '' && summary.outside);
    const made = { text, coversFrom, coversUntil: until, model, tokens, outside };
    // It is paid for.
    await insist(() => this.summaries.replace(lease, summary, made, budget.used));
    const about = { conversationId: conversation.id, messages, coversUntil: until };
    this.logger.log({ msg: 'history summarised', ...about, tokens, inputTokens, outputTokens });
  }

  /** In no more time than a turn may take. */
  private async ask(request: ModelRequest, { conversation, lost, budget }: Attempt): Promise<ModelAnswer> {
    const { turnTimeoutMs } = this.settings;
    const end = new AbortController();
    const timer = setTimeout(
      () => end.abort(new RetryLaterError('SUMMARY_TIMEOUT', `no summary within ${turnTimeoutMs} ms`)),
      turnTimeoutMs,
    );
    try {
      const caller = await this.callers.of(conversation, null);
      const signal = AbortSignal.any([lost, this.stopping.now, end.signal]);
      const answer = withUsage(
        await this.model.complete(request, caller, signal, unseen),
        request,
        this.count,
      );
      // Also of an answer that is of no use.
      budget.spend(answer);
      return answer;
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

  private async putOff({ lease, summary }: Attempt, scope: BudgetScope): Promise<void> {
    const delayMs = budgetPauseMs(this.random.next());
    const { conversationId } = summary;
    this.logger.log({ msg: 'summary put off', conversationId, code: 'BUDGET_EXHAUSTED', scope, delayMs });
    await this.summaries.wait(lease, summary, `BUDGET_EXHAUSTED: the budget of scope ${scope}`, delayMs);
  }

  private async fail({ lease, summary, budget }: Attempt, error: unknown): Promise<void> {
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
    const told = this.words.storable(message);
    await insist(() => this.summaries.fail(lease, summary, told, delayMs, budget.used));
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
