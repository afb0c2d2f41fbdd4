import { Injectable } from '@nestjs/common';
import { destinationOf } from '../../channel/destination-of.js';
import { Channel } from '../../channel/channel.js';
import type { TurnContext } from '../context/turn-request.js';
import { ModelCallers } from '../llm/model-caller.js';
import { StreamedReplies } from '../streaming/streamed-replies.js';
import { type StreamedReply, silentReply } from '../streaming/streamed-reply.js';
import { cut } from '../tools/tool-output.js';
import type { TurnEnd } from '../turns/turn-completion.repository.js';
import type { ActiveRun } from '../turns/turn-run.js';
import { SteeringMessages } from './busy/steering-messages.js';
import { AgentLoop } from './steps/agent-loop.js';

/** Lets the model write a turn's answer, and shows it meanwhile. */
@Injectable()
export class AnswerWriter {
  constructor(
    private readonly callers: ModelCallers,
    private readonly steering: SteeringMessages,
    private readonly streamedReplies: StreamedReplies,
    private readonly loop: AgentLoop,
    private readonly channel: Channel,
  ) {}

  /**
   * Shows nothing more once it has returned: an edit under way must not come after the final one.
   * @throws what AgentLoop.run throws
   */
  async write(run: ActiveRun, context: TurnContext): Promise<TurnEnd> {
    const { conversation } = run;
    const caller = await this.callers.createCaller(conversation, run.sender);
    const joinSteering = this.steering.createJoin(run);
    // What nobody waits for may end without a message.
    const shown = run.isAsked ? await this.streamedReplies.openForTurn(run) : silentReply;
    const streamedReply = conversation.outputCheck ? notesOnly(shown) : shown;
    try {
      const end = await this.loop.run({ run, context, caller, streamedReply, joinSteering });
      const isOneMessage = this.channel.singleMessages?.appliesTo(destinationOf(conversation));
      return isOneMessage && end.text !== null
        ? { ...end, text: withinOneMessage(end.text, this.channel) }
        : end;
    } finally {
      await streamedReply.end();
    }
  }
}

/** Cuts a text to its first message, for a channel that takes no second one. Pure. */
function withinOneMessage(text: string, channel: Pick<Channel, 'compose'>): string {
  if (channel.compose(text).length === 1) return text;
  for (let length = text.length; length > 0; length = Math.floor(length * 0.9)) {
    const shorter = `${cut(text, length)} …`;
    if (channel.compose(shorter).length === 1) return shorter;
  }
  return '…';
}

/** Shows the agent's status, and none of its answer, which has not been checked yet. */
function notesOnly(streamedReply: StreamedReply): StreamedReply {
  return {
    isIdle: streamedReply.isIdle,
    write: () => {},
    note: (text) => streamedReply.note(text),
    end: () => streamedReply.end(),
  };
}
