import { Injectable, Logger } from '@nestjs/common';
import { OutsideText } from '../../channel/outside-text.js';
import { errorOf, messageOf, TurnpikeError } from '../../platform/errors/errors.js';
import { Redactor } from '../../platform/errors/redactor.js';
import { isUnreachable } from '../../platform/errors/unreachable.js';
import { StrayError, withOwner } from '../../platform/errors/stray-errors.js';
import { markAsOutside } from './outside-text.js';
import type { ToolCall } from '../llm/model-answer.js';
import type { ToolContext, ToolResult } from './tool-context.js';
import { cleanOutput, cut, cutOutput, outputText } from './tool-output.js';
import { type RegisteredTool, ToolRegistry } from './tool-registry.js';

/** UTF-16 units of an error message for the model, with its marks. */
const MAX_REASON_CHARS = 700;

const OUT_OF_REACH =
  'what it needs could not be reached, or did not answer. It may have had an effect, and may work later.';

/** The durable record that a call which must not be repeated has begun. */
export interface CallMark {
  /** Resolves when it is recorded, and the method may be entered. */
  set(): Promise<void>;
  /** The method was not entered after all: the call may still be made. */
  takeBack(): Promise<void>;
}

/** For calls without a record. */
const noMark: CallMark = {
  set: () => Promise.resolve(),
  takeBack: () => Promise.resolve(),
};

/**
 * Runs one tool call. Every failure becomes a text that tells the model its next step. No result contains a secret of
 * the settings, whatever a tool or the server behind it does with its input.
 */
@Injectable()
export class ToolRunner {
  private readonly logger = new Logger(ToolRunner.name);

  constructor(
    private readonly registry: ToolRegistry,
    private readonly redactor: Redactor,
  ) {}

  /**
   * Waits, some seconds at most, for a tool that is unavailable for a moment: decisions about a call depend on its
   * tool.
   */
  async ready({ name }: ToolCall, signal: AbortSignal): Promise<void> {
    await this.registry.ready(name, signal);
  }

  /**
   * Runs the call. The result's `error` is null when the tool did its work, else `TOOL_UNKNOWN`, `TOOL_UNAVAILABLE`,
   * `TOOL_ARGUMENTS_INVALID`, `TOOL_TIMEOUT`, the code of the `TurnpikeError` it threw, or `TOOL_FAILED`.
   * @param mark set before the method of a tool that is not repeatable is entered, and only then
   * @throws the reason of `signal`, when that is aborted before the tool has ended; the error of `mark`, and then the
   * method was not entered
   */
  async run(
    call: ToolCall,
    context: ToolContext,
    signal: AbortSignal,
    mark: CallMark = noMark,
  ): Promise<ToolResult> {
    signal.throwIfAborted();
    const tool = this.registry.find(call.name);
    if (!tool) {
      const known = this.registry.names().join(', ');
      const away = this.registry.absence(call.name);
      return away
        ? failure('TOOL_UNAVAILABLE', `${away} The tools that are there: ${known}.`)
        : failure('TOOL_UNKNOWN', `There is no tool "${cut(call.name, 64)}". The tools are: ${known}.`);
    }
    const read = await tool.read(call.arguments);
    signal.throwIfAborted();
    if (read.kind === 'invalid') {
      return failure(
        'TOOL_ARGUMENTS_INVALID',
        `The arguments of ${tool.name} are not valid: ${cut(read.reasons.join('; '), 2_000)}. ` +
          `They must match this JSON Schema: ${JSON.stringify(tool.schema)}`,
      );
    }
    if (!tool.repeatable) {
      await mark.set();
      if (signal.aborted) await mark.takeBack();
      signal.throwIfAborted();
    }
    // No await from here until the method is entered: an abort comes before the mark or after the entry.
    return this.call(tool, read.parameters, context, signal);
  }

  private async call(
    tool: RegisteredTool,
    parameters: object,
    context: ToolContext,
    signal: AbortSignal,
  ): Promise<ToolResult> {
    const stop = new AbortController();
    let failWith: (error: StrayError) => void = () => undefined;
    const owner = {
      name: `tool ${tool.name} of turn ${context.turnId}`,
      fail: (error: StrayError) => failWith(error),
    };
    // Errors of the tool's listeners belong to the tool, whoever ends the call: its time, its turn, or the process.
    const end = (reason: unknown): void => withOwner(owner, () => stop.abort(reason));
    const timer = setTimeout(() => end(new Error('the time is up')), tool.timeoutMs);
    const onCancelled = (): void => end(signal.reason);
    signal.addEventListener('abort', onCancelled, { once: true });
    try {
      const stopped = new Promise<never>((_, reject) => {
        stop.signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
      });
      const strayed = new Promise<never>((_, reject) => {
        failWith = reject;
      });
      const redacting = { ...context, progress: this.withoutSecrets(context.progress) };
      const work = withOwner(owner, () => entered(() => tool.invoke(parameters, redacting, stop.signal)));
      const value: unknown = await Promise.race([work, stopped, strayed]);
      return {
        output: cutOutput(cleanOutput(this.redactor.text(outputText(value))), tool.maxOutputChars),
        error: null,
      };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof StrayError) {
        // No caller waits for the method any more.
        end(error);
        return this.failed(tool, context, error.cause);
      }
      return stop.signal.aborted ? this.timedOut(tool, context) : this.failed(tool, context, error);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onCancelled);
    }
  }

  /** The chat shows a tool's own progress text. */
  private withoutSecrets(progress: ToolContext['progress']): ToolContext['progress'] {
    return (how) => {
      const note = how.note === undefined ? {} : { note: this.redactor.text(how.note) };
      progress({ ...how, ...note });
    };
  }

  private timedOut(tool: RegisteredTool, { conversationId, turnId }: ToolContext): ToolResult {
    this.logger.warn({
      msg: 'tool timed out',
      tool: tool.name,
      timeoutMs: tool.timeoutMs,
      conversationId,
      turnId,
    });
    return failure(
      'TOOL_TIMEOUT',
      `${tool.name} did not finish within ${tool.timeoutMs / 1_000} s and was stopped; it may have had an effect.`,
    );
  }

  private failed(tool: RegisteredTool, { conversationId, turnId }: ToolContext, error: unknown): ToolResult {
    const reason = this.redactor.text(messageOf(error));
    if (error instanceof TurnpikeError) return failure(error.code, reason);
    this.logger.warn({ msg: 'tool failed', tool: tool.name, error: reason, conversationId, turnId });
    // Our own words, so the calls that come after it need no approval.
    if (isUnreachable(error)) return failure('TOOL_FAILED', `${tool.name} failed: ${OUT_OF_REACH}`);
    return failure('TOOL_FAILED', `${tool.name} failed.\n${marked(reason)}`);
  }
}

/** An error that is not ours may contain other people's words: a parser quotes its input, a client its answer. */
const marked = (reason: string): string =>
  markAsOutside(OutsideText.fromUntrusted(reason), 'the error that it reported', MAX_REASON_CHARS);

/** Enters the method at once; a synchronous throw is a rejection like any other, with a readable error. */
async function entered(method: () => unknown): Promise<unknown> {
  try {
    return await method();
  } catch (thrown) {
    throw errorOf(thrown);
  }
}

const failure = (error: string, text: string): ToolResult => ({ output: cleanOutput(text), error });
