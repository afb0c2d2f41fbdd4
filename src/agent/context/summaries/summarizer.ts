import { Injectable, Logger } from '@nestjs/common';
import { BudgetsService } from '../../../budget/budgets.service.js';
import type { SummaryBudget } from '../../../budget/summary-budget.js';
import { AgentSettings } from '../agent.settings.js';
import { ContextSettings } from '../../llm/context.settings.js';
import { retryWrite } from '../../../platform/database/retry-write.js';
import { ErrorTexts } from '../../../platform/errors/error-text.js';
import {
  GiveUpError,
  LeaseLostError,
  RetryLaterError,
  TurnpikeError,
} from '../../../platform/errors/errors.js';
import { isUnreachable } from '../../../platform/errors/unreachable.js';
import type { BudgetScope, Conversation, Summary } from '../../../generated/prisma/client.js';
import type { LaneOutcome } from '../../../queue/lease/lane-outcome.js';
import { LeaseHolder } from '../../../queue/lease/lease-holder.js';
import type { Lease } from '../../../queue/lease/lease.repository.js';
import { ConversationRepository } from '../../../memory/conversation.repository.js';
import { NEWEST } from '../../../memory/message.repository.js';
import { Random } from '../../../platform/runtime/random.js';
import { Stopping } from '../../../platform/runtime/stopping.js';
import { bringsOutside } from '../outside-influence.js';
import { type Entry, tokensOf } from '../context.js';
import { HistoryReader } from '../history-reader.js';
import type { ModelAnswer } from '../../llm/model-answer.js';
import { ModelCallers } from '../../llm/model-caller.js';
import { ModelClient, type ModelRequest } from '../../llm/model-client.js';
import { ContextOverflowError } from '../../llm/model-error.js';
import { TokenCounter } from '../../llm/token-counter.js';
import { outgrownPart, sharesOf } from '../outgrown.js';
import { requestTokens, withUsage } from '../usage-estimate.js';
import { budgetPauseMs, nextTryMs } from './summary-failure.js';
import { summaryRequest } from './summary-request.js';
import { withinTokens } from '../../tools/tool-output.js';
import { SummaryRepository } from '../summary.repository.js';

/** Times that a part is halved if it is too long for the model. */
const HALVINGS = 3;

/** A summary is not streamed to anybody. */
const unseen = (): void => undefined;

const none: LaneOutcome = { next: 'none' };

/** The messages that a new part covers. */
interface Covered {
  readonly from: bigint;
  readonly until: bigint;
  readonly messages: number;
  readonly outside: boolean;
}

/** An attempt to summarise one more part. */
interface Attempt {
  readonly lease: Lease;
  readonly lost: AbortSignal;
  readonly conversation: Conversation;
  readonly summary: Summary;
  readonly budget: SummaryBudget;
}

/**
 * Folds the oldest part of a conversation's history into its summary, until the rest is within its share. No turn waits
 * for it: without a new summary, a turn shows as much of the history as fits. A summary that a budget refuses is put
 * off.
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
    private readonly budgets: BudgetsService,
    private readonly agent: AgentSettings,
    private readonly settings: ContextSettings,
    private readonly random: Random,
    private readonly words: ErrorTexts,
  ) {}

  /**
   * Makes the due summaries of the conversation; the sweep finds the rest.
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

  /** Summarises one more part, or ends the attempt. */
  private async goOn(attempt: Attempt): Promise<void> {
    const { lease, conversation, summary } = attempt;
    const shares = sharesOf(this.settings.contextTokens);
    const history = await this.unsummarised(conversation, summary, shares.catchUp);
    let partTokens = shares.part;
    for (let halvings = 0; ; halvings += 1, partTokens /= 2) {
      const entries = outgrownPart(history, shares, partTokens);
      const [first] = entries;
      const last = entries.at(-1);
      if (!first || !last) return await this.summaries.closeRequest(lease, summary);
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

  /** Replaces the summary by the model's answer. */
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
    // Text from outside in the former summary is in this one.
    const outside = fromOutside || (summary.text !== '' && summary.outside);
    const made = { text, coversFrom, coversUntil: until, model, tokens, outside };
    // The call is paid for.
    await retryWrite(() => this.summaries.replace(lease, summary, made, budget.used));
    const about = { conversationId: conversation.id, messages, coversUntil: until };
    this.logger.log({ msg: 'history summarised', ...about, tokens, inputTokens, outputTokens });
  }

  /** Asks the model, within the time limit of a turn. */
  private async ask(request: ModelRequest, { conversation, lost, budget }: Attempt): Promise<ModelAnswer> {
    const { turnTimeoutMs } = this.agent;
    const end = new AbortController();
    const timer = setTimeout(
      () => end.abort(new RetryLaterError('SUMMARY_TIMEOUT', `no summary within ${turnTimeoutMs} ms`)),
      turnTimeoutMs,
    );
    try {
      const caller = await this.callers.createCaller(conversation, null);
      const signal = AbortSignal.any([lost, this.stopping.now, end.signal]);
      const answer = withUsage(
        await this.model.complete(request, caller, signal, unseen),
        request,
        this.count,
      );
      // Also for a useless answer.
      budget.spend(answer);
      return answer;
    } finally {
      clearTimeout(timer);
      // Frees the composed signal, to which the client leaves listeners, from those that outlive the call.
      end.abort();
    }
  }

  /** The messages that the summary does not cover yet, oldest first; the newest part of a very long history. */
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
    const reason = this.words.storable(message);
    await retryWrite(() => this.summaries.fail(lease, summary, reason, delayMs, budget.used));
  }
}

/** @throws GiveUpError, RetryLaterError if the answer has no text */
function textOf({ content, refusal, finishReason }: ModelAnswer): string {
  if (refusal?.trim() || finishReason === 'content_filter')
    throw new GiveUpError('SUMMARY_REFUSED', 'the model did not summarise this part');
  const text = content?.trim() ?? '';
  if (text === '') throw new RetryLaterError('SUMMARY_EMPTY', 'the model gave no text');
  return text;
}
