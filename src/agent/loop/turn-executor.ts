import { Injectable } from '@nestjs/common';
import { destinationOf } from '../../channel/destination-of.js';
import { MessageRepository } from '../../memory/message.repository.js';
import { attachmentRefusalOf, AttachmentsService } from '../attachments/attachments.service.js';
import { ContextBuilder } from '../context/context-builder.js';
import { TurnCompletionRepository } from '../turns/turn-completion.repository.js';
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
    return await this.completion.finish(run.lease, run.turn, end);
  }
}
