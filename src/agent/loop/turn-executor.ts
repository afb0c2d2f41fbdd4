import { Injectable } from '@nestjs/common';
import { destinationOf } from '../../channel/destination-of.js';
import { retryWrite } from '../../platform/database/retry-write.js';
import { LeaseLostError } from '../../platform/errors/errors.js';
import { MessageRepository } from '../../memory/message.repository.js';
import { attachmentRefusalOf, AttachmentsService } from '../attachments/attachments.service.js';
import { ContextBuilder } from '../context/context-builder.js';
import { StepRepository } from '../turns/step.repository.js';
import { type TurnEnd, TurnCompletionRepository } from '../turns/turn-completion.repository.js';
import type { TurnOutcome } from '../turns/turn-outcome.js';
import type { ActiveRun } from '../turns/turn-run.js';
import { AnswerWriter } from './answer-writer.js';
import { Placeholder } from './placeholder.js';
import { TurnReaction } from './turn-reaction.js';

/** The work of a run: files, context, model and tools, and the commit of the answer. */
@Injectable()
export class TurnExecutor {
  constructor(
    private readonly reaction: TurnReaction,
    private readonly placeholder: Placeholder,
    private readonly messages: MessageRepository,
    private readonly attachments: AttachmentsService,
    private readonly context: ContextBuilder,
    private readonly writer: AnswerWriter,
    private readonly completion: TurnCompletionRepository,
    private readonly steps: StepRepository,
  ) {}

  /**
   * @returns without replies for a chat that was blocked meanwhile
   * @throws what AgentLoop.run throws
   */
  async finish(run: ActiveRun): Promise<TurnOutcome> {
    const destination = destinationOf(run.conversation);
    const react = this.reaction.begin(destination, run.newest?.channelMessageId ?? null);
    try {
      const outcome = await this.answer(run);
      react(outcome.replied ? 'done' : null);
      return outcome;
    } catch (error) {
      react(null);
      throw error;
    }
  }

  private async answer(run: ActiveRun): Promise<TurnOutcome> {
    await this.placeholder.show(run);
    const own = run.records?.messages ?? (await this.messages.ofTurn(run.turn));
    const messages = await this.attachments.read(own, run);
    const refusal = attachmentRefusalOf(messages);
    const end =
      refusal === null
        ? await this.writer.write(run, await this.context.build(run, messages))
        : { text: refusal, model: null, errorCode: 'ATTACHMENT_REFUSED' };
    return await this.commit(run, end);
  }

  private async commit({ lease, turn }: ActiveRun, end: TurnEnd): Promise<TurnOutcome> {
    try {
      return await this.completion.finish(lease, turn, end);
    } catch (error) {
      const { lastStep } = end;
      // The next run must not make the call again.
      if (lastStep && !(error instanceof LeaseLostError))
        await retryWrite(() => this.steps.add(lease, lastStep));
      throw error;
    }
  }
}
