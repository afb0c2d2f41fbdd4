import type { ChatRequest, ToolCall } from '../../src/playground/chat-completions/chat-request.js';
import type { Completion } from '../../src/playground/chat-completions/write-completion.js';

/** What the double does with one request. */
export interface Behaviour {
  /** Waits until the test releases this key. */
  readonly holdKey: string | null;
  readonly slowMs: number;
  /** Fails the first `times` requests that say the same. */
  readonly failure: { readonly status: number; readonly times: number; readonly key: string } | null;
  readonly outcome:
    | { readonly kind: 'hang' }
    | { readonly kind: 'garbage' }
    | { readonly kind: 'reset' }
    | {
        readonly kind: 'completion';
        readonly content: string | null;
        readonly refusal: string | null;
        readonly calls: readonly Omit<ToolCall, 'id'>[];
        readonly finishReason: Completion['finishReason'];
      };
}

/**
 * Reads the behaviour from the user's messages since the last answer; behaviours of one message add up.
 *
 * | written              | does |
 * | -------------------- | ---- |
 * | `echo:TEXT`          | answers TEXT, to the end of the line; several, in order, joined by `; ` |
 * | `tool:NAME {json}`   | calls the tool with these arguments (to the end of the line), then answers `result: …` |
 * | `parallel:NAME,NAME` | calls these tools at once with `{}`, then answers `results: … \| …` |
 * | `loop:NAME`          | calls the tool for ever |
 * | `hold:KEY`           | waits for `release(KEY)`, then goes on with the rest |
 * | `slow:MS`            | waits so long, then goes on with the rest |
 * | `fail:CODE*N`        | answers this status N times, then goes on with the rest |
 * | `long:N`             | answers N characters |
 * | `hang`, `reset`      | never answers; cuts the connection |
 * | `empty`, `refuse`    | answers without content; with a `refusal` |
 * | `truncate`, `filtered` | `finish_reason` `length`; `content_filter` |
 * | `garbage`            | 200 with what is no JSON |
 *
 * Anything else is answered `heard: …`. Pure.
 */
export function behaviourOf(request: ChatRequest): Behaviour {
  const text = freshUserTexts(request).join('\n');
  const fail = /\bfail:(\d{3})(?:\*(\d+))?/.exec(text);
  return {
    holdKey: /\bhold:([\w-]+)/.exec(text)?.[1] ?? null,
    slowMs: Number(/\bslow:(\d+)/.exec(text)?.[1] ?? 0),
    failure: fail ? { status: Number(fail[1]), times: Number(fail[2] ?? 1), key: text } : null,
    outcome: outcomeOf(request, text),
  };
}

/** The user's messages since the model's last answer; calls are no answers. */
export function freshUserTexts({ messages }: ChatRequest): string[] {
  const answered = messages.findLastIndex(
    ({ role, toolCalls }) => role === 'assistant' && toolCalls.length === 0,
  );
  return messages
    .slice(answered + 1)
    .filter(({ role }) => role === 'user')
    .map(({ text }) => text);
}

function outcomeOf(request: ChatRequest, text: string): Behaviour['outcome'] {
  const says = (word: string): boolean => new RegExp(`(^|\\s)${word}(\\s|$)`).test(text);
  if (says('hang')) return { kind: 'hang' };
  if (says('reset')) return { kind: 'reset' };
  if (says('garbage')) return { kind: 'garbage' };
  if (says('empty')) return answer('');
  if (says('refuse')) return { ...answer(null), refusal: 'I cannot help with that.' };
  if (says('truncate')) return { ...answer('An answer that ends in the mid'), finishReason: 'length' };
  if (says('filtered')) return { ...answer(null), finishReason: 'content_filter' };

  const loop = /\bloop:([\w-]+)/.exec(text)?.[1];
  if (loop !== undefined) return call([{ name: loop, arguments: '{}' }]);
  const results = resultsAtTheEnd(request);
  if (results.length === 1) return answer(`result: ${results[0] ?? ''}`);
  if (results.length > 1) return answer(`results: ${results.join(' | ')}`);
  const parallel = /\bparallel:([\w,-]+)/.exec(text)?.[1];
  if (parallel !== undefined) return call(parallel.split(',').map((name) => ({ name, arguments: '{}' })));
  const tool = /\btool:([\w-]+)[ \t]*([^\n]*)/.exec(text);
  if (tool) return call([{ name: tool[1] ?? '', arguments: tool[2]?.trim() || '{}' }]);

  const long = /\blong:(\d+)/.exec(text)?.[1];
  if (long !== undefined) return answer(longText(Number(long)));
  const echoes = [...text.matchAll(/\becho:([^\n]+)/g)].map(([, words = '']) => words.trim());
  return answer(echoes.length > 0 ? echoes.join('; ') : `heard: ${text}`);
}

function resultsAtTheEnd({ messages }: ChatRequest): string[] {
  const lastOther = messages.findLastIndex(({ role }) => role !== 'tool');
  return messages.slice(lastOther + 1).map(({ text }) => text);
}

function answer(content: string | null) {
  return { kind: 'completion', content, refusal: null, calls: [], finishReason: 'stop' } as const;
}

function call(calls: readonly Omit<ToolCall, 'id'>[]) {
  return { kind: 'completion', content: null, refusal: null, calls, finishReason: 'tool_calls' } as const;
}

/** Numbered lines, so that a test sees what is missing: `Line 00000: …`. */
function longText(length: number): string {
  const lines = Array.from({ length: Math.ceil(length / 40) }, (_, index) => {
    return `Line ${String(index).padStart(5, '0')}: words, words, more words.`.padEnd(38, '.');
  });
  return lines.join('\n\n').slice(0, length);
}
