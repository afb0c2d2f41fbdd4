import type { ChatCompletion, ChatCompletionChunk } from 'openai/resources/chat/completions';
import { argumentsOf } from './read-completion.js';

interface StreamedCall {
  readonly index: number;
  id: string;
  name: string;
  arguments: string;
}

/**
 * Assembles a completion from its chunks (https://platform.openai.com/docs/api-reference/chat-streaming). Servers are
 * compatible to a degree: a missing field of a chunk counts as empty.
 */
export class StreamedCompletion {
  private head: ChatCompletionChunk | null = null;
  private content = '';
  private refusal = '';
  private finish: string | null = null;
  private usage: ChatCompletionChunk['usage'];
  private readonly calls: StreamedCall[] = [];
  /** The newest call of each index. */
  private readonly open = new Map<number, StreamedCall>();

  /** @returns whether there is more of the answer's text */
  add(chunk: ChatCompletionChunk): boolean {
    this.head ??= chunk;
    this.usage = chunk.usage ?? this.usage;
    const choice = Array.isArray(chunk.choices) ? chunk.choices[0] : undefined;
    if (!choice) return false;
    this.finish = choice.finish_reason ?? this.finish;
    const { content, refusal, tool_calls: calls } = choice.delta ?? {};
    this.refusal += refusal ?? '';
    for (const call of calls ?? []) this.addCall(call);
    this.content += content ?? '';
    return typeof content === 'string' && content !== '';
  }

  get text(): string {
    return this.content;
  }

  /** @throws Error if the stream has ended before its answer */
  completion(): ChatCompletion {
    const { head, finish, usage } = this;
    if (!head || finish === null) throw new Error('the stream ended before the answer did');
    const calls = this.calls.toSorted((one, other) => one.index - other.index);
    return {
      id: head.id,
      created: head.created,
      model: head.model,
      object: 'chat.completion',
      choices: [
        {
          index: 0,
          finish_reason: finishOf(finish),
          logprobs: null,
          message: {
            role: 'assistant',
            content: this.content === '' ? null : this.content,
            refusal: this.refusal === '' ? null : this.refusal,
            ...(calls.length > 0 && {
              tool_calls: calls.map(({ id, name, arguments: given }) => ({
                id,
                type: 'function' as const,
                function: { name, arguments: given },
              })),
            }),
          },
        },
      ],
      ...(usage ? { usage } : {}),
    };
  }

  /**
   * A call comes in pieces, identified by index: name and id first, then the arguments bit by bit. Some servers give
   * every call the index 0: a piece with a name and another id begins another call.
   */
  private addCall({ index: given, id, function: piece }: PieceOfCall): void {
    const index = given ?? 0;
    let call = this.open.get(index);
    if (!call || (id && piece?.name && call.id !== '' && call.id !== id)) {
      call = { index, id: '', name: '', arguments: '' };
      this.open.set(index, call);
      this.calls.push(call);
    }
    call.id ||= id ?? '';
    call.name ||= piece?.name ?? '';
    call.arguments += argumentsOf(piece?.arguments);
  }
}

type PieceOfCall = NonNullable<ChatCompletionChunk.Choice.Delta['tool_calls']>[number];

const reasons = ['stop', 'length', 'tool_calls', 'content_filter', 'function_call'] as const;

/** A server's own word for the end counts as an ordinary end. */
function finishOf(finish: string): (typeof reasons)[number] {
  return reasons.find((reason) => reason === finish) ?? 'stop';
}
