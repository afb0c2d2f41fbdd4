import { Injectable } from '@nestjs/common';
import { destinationOf } from '../../channel/destination-of.js';
import { LeaseLostError } from '../../platform/errors/errors.js';
import { MessageRepository } from '../../memory/message.repository.js';
import { attachmentRefusalOf, AttachmentsService } from '../attachments/attachments.service.js';
import { ContextBuilder } from '../context/context-builder.js';
import type { ModelStep } from '../turns/step.repository.js';
import { type TurnEnd, TurnCompletionRepository } from '../turns/turn-completion.repository.js';
import type { TurnOutcome } from '../turns/turn-outcome.js';
import type { ActiveRun } from '../turns/turn-run.js';
import { AnswerWriter } from './answer-writer.js';
import { ModelSteps } from './steps/model-steps.js';
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
    private readonly modelSteps: ModelSteps,
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

  private async commit(run: ActiveRun, end: TurnEnd): Promise<TurnOutcome> {
    try {
      const outcome = await this.completion.finish(run.lease, run.turn, end);
      if (end.lastStep) this.modelSteps.noteRecorded(end.lastStep);
      return outcome;
    } catch (error) {
      if (end.lastStep) await this.keep(run, end.lastStep, error);
      throw error;
    }
  }

  /** Keeps a finished call whose turn could not be ended with it: the next run must not make it again. */
  private async keep(run: ActiveRun, step: ModelStep, error: unknown): Promise<void> {
    if (error instanceof LeaseLostError) await this.modelSteps.chargeLost(run, step);
    else await this.modelSteps.record(run, step);
  }
}
