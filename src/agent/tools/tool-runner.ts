import { Injectable, Logger } from '@nestjs/common';
import { OutsideText } from '../../channel/outside-text.js';
import { messageOf, TurnpikeError } from '../../errors/errors.js';
import { Redactor } from '../../errors/redactor.js';
import { StrayError, withOwner } from '../../runtime/stray-errors.js';
import { type CallMark, noMark } from './call-mark.js';
import { markAsOutside } from './outside-text.js';
import type { ToolCall, ToolContext, ToolResult } from './tool-context.js';
import { cleanText, cut, cutOutput, textOf } from './tool-output.js';
import { type RegisteredTool, ToolRegistry } from './tool-registry.js';

/** UTF-16 units of a thrown message that the model gets to read, with its marks. */
const MAX_REASON_CHARS = 700;

/**
 * Runs one tool call. Whatever goes wrong becomes a text that tells the model what to do next. No result holds a secret of
 * the settings, whatever a tool or the server behind it makes of what it was given.
 */
@Injectable()
export class ToolRunner {
  private readonly logger = new Logger(ToolRunner.name);

  constructor(
    private readonly registry: ToolRegistry,
    private readonly redactor: Redactor,
  ) {}

  /** Waits, some seconds at most, for a tool that is away for a moment: what is decided about a call is decided of its tool. */
  async ready({ name }: ToolCall, signal: AbortSignal): Promise<void> {
    await this.registry.ready(name, signal);
  }

  /**
   * The result's `error` is null when the tool did its work, else `TOOL_UNKNOWN`, `TOOL_UNAVAILABLE`,
   * `TOOL_ARGUMENTS_INVALID`, `TOOL_TIMEOUT`, the code of the `TurnpikeError` it threw, or `TOOL_FAILED`.
   * @param mark set before the method of a tool that is not repeatable is entered, and only then
   * @throws the reason of `signal`, when that is aborted before the tool has ended; what `mark` throws, and then the
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
    // Nothing is awaited from here until the method is entered: an abort comes before the mark or after the entry.
    return this.call(tool, read.parameters, context, signal);
  }

  private async call(
    tool: RegisteredTool,
    parameters: object,
    context: ToolContext,
    signal: AbortSignal,
  ): Promise<ToolResult> {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(new Error('the time is up')), tool.timeoutMs);
    const onCancelled = (): void => stop.abort(signal.reason);
    signal.addEventListener('abort', onCancelled, { once: true });
    try {
      const stopped = new Promise<never>((_, reject) => {
        stop.signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
      });
      let failWith: (error: StrayError) => void = () => undefined;
      const strayed = new Promise<never>((_, reject) => {
        failWith = reject;
      });
      const owner = {
        name: `tool ${tool.name} of turn ${context.turnId}`,
        fail: (error: StrayError) => failWith(error),
      };
      const work = withOwner(owner, () => entered(() => tool.invoke(parameters, context, stop.signal)));
      const value: unknown = await Promise.race([work, stopped, strayed]);
      return {
        output: cutOutput(cleanText(this.redactor.text(textOf(value))), tool.maxOutputChars),
        error: null,
      };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof StrayError) {
        // Nobody waits for the method any more.
        stop.abort(error);
        return this.failed(tool, context, error.cause);
      }
      return stop.signal.aborted ? this.timedOut(tool, context) : this.failed(tool, context, error);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onCancelled);
    }
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
    return failure('TOOL_FAILED', `${tool.name} failed.\n${marked(reason)}`);
  }
}

/** What was thrown that is no error of ours may be anybody's words: a parser quotes what it read, a client what it was answered. */
const marked = (reason: string): string =>
  markAsOutside(OutsideText.of(reason), 'the error that it reported', MAX_REASON_CHARS);

/** Enters the method at once; what it throws at once is a rejection like any other. */
async function entered(method: () => unknown): Promise<unknown> {
  return await method();
}

const failure = (error: string, text: string): ToolResult => ({ output: cleanText(text), error });
