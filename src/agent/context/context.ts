import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import { spokenBy } from '../../channel/names.js';
import type { HistoryPage, PastMessage, PastStep } from '../../memory/message.repository.js';
import { noPictures, type PicturesOf, type ShownPictures } from '../attachments/pictures.js';
import { withPictures } from './picture-parts.js';
import { type ModelAnswer, readModelAnswer, readToolAnswer } from '../llm/model-answer.js';

/** Messages that go to the model together or not at all: a tool call and its results, or one message. */
export interface Block {
  readonly messages: readonly ChatCompletionMessageParam[];
  readonly tokens: number;
  /** A user's message has its rank as the beginning of a cut history, the same in every request. */
  readonly anchor?: number;
  /**
   * A model's text was written with text from outside in the request; a user's text quotes such an answer.
   */
  readonly outside?: true;
}

export type CountTokens = (text: string) => number;

/** The cost of each message besides its text, as OpenAI counts it. */
const TOKENS_PER_MESSAGE = 4;
/** The most that OpenAI counts for a picture of 1,280 pixels a side: 85, and 170 for each of six tiles. */
const TOKENS_PER_PICTURE = 1_105;

/** A message of the history, with the tool calls that are shown with it. */
export interface Entry {
  readonly message: PastMessage;
  /** Oldest first. */
  readonly blocks: readonly Block[];
}

export const tokensOf = ({ blocks }: Entry): number => blocks.reduce((sum, { tokens }) => sum + tokens, 0);

/**
 * Converts a page of the history to entries, oldest first. A turn's tool calls stand, with their results, before its
 * answer; those of an interrupted turn, which has none, behind its messages.
 * @param page newest first, as all pages have to come
 * @param shownTurns the turns whose calls a newer page shows; those of this page are added. A turn may have two answers, the
 * apology and that of its replay
 */
export function historyEntries(
  { messages, steps }: HistoryPage,
  named: boolean,
  shownTurns: Set<string>,
  count: CountTokens,
  pictures: PicturesOf = noPictures,
): Entry[] {
  const newestFirst = messages.map((message): Entry => {
    const alone = blockOf([chatMessage(message, named, pictures.get(message.id))], count);
    const known = withOrigin(alone, [message]);
    const block = message.role === 'user' ? { ...known, anchor: anchorOf(message.id) } : known;
    const { turnId } = message;
    if (turnId === null || shownTurns.has(turnId)) return { message, blocks: [block] };
    shownTurns.add(turnId);
    const calls = toolBlocks(
      steps.filter((step) => step.turnId === turnId),
      count,
    );
    return { message, blocks: message.role === 'assistant' ? [...calls, block] : [block, ...calls] };
  });
  return newestFirst.toReversed();
}

/** Adds the recorded origin of these messages to their block. */
export function withOrigin(block: Block, messages: readonly Pick<PastMessage, 'outside'>[]): Block {
  return messages.some(({ outside }) => outside) ? { ...block, outside: true } : block;
}

/** The result of a call that was interrupted with its turn. */
export const NO_RESULT = 'There is no result: the call was interrupted.';

/** One block for each model call whose tools were called. A turn may have failed in the middle of several. */
function toolBlocks(steps: readonly PastStep[], count: CountTokens): Block[] {
  return steps.flatMap((step) => {
    if (step.kind !== 'model') return [];
    const answer = readModelAnswer(step.result);
    if (answer.toolCalls.length === 0) return [];
    const results = answer.toolCalls.map((call, offset) => {
      const result = steps.find(({ kind, index }) => kind === 'tool' && index === step.index + 1 + offset);
      return { callId: call.id, output: result ? readToolAnswer(result.result).output : null };
    });
    if (results.every(({ output }) => output === null)) return [];
    const outputs = results.map(({ callId, output }) => ({ callId, output: output ?? NO_RESULT }));
    return [blockOf([toolCallMessage(answer), ...outputs.map(toolResultMessage)], count)];
  });
}

/** The newest blocks that fit into `budget` tokens, oldest first; the first that does not fit ends it. */
export function newestWithin(blocks: readonly Block[], budget: number): Block[] {
  let left = budget;
  const kept: Block[] = [];
  for (const block of blocks.toReversed()) {
    left -= block.tokens;
    if (left < 0) break;
    kept.push(block);
  }
  return kept.toReversed();
}

/** The share of a cut history that may be dropped to get a better beginning. */
const ANCHOR_SHARE = 1 / 4;

/**
 * Moves the beginning of a cut history on to the best anchor of its first quarter. A cut by the budget alone would move
 * with every message, and invalidate the provider's cache; so it moves seldom.
 */
export function fromAnchor(cut: readonly Block[]): readonly Block[] {
  let left = cut.reduce((sum, { tokens }) => sum + tokens, 0) * ANCHOR_SHARE;
  let best = 0;
  for (const [index, { tokens, anchor }] of cut.entries()) {
    if (left < 0) break;
    left -= tokens;
    if (anchor !== undefined && anchor > (cut[best]?.anchor ?? -1)) best = index;
  }
  return cut.slice(best);
}

/** Scatters ids that follow one another: 32 bits of their product with the golden ratio (Knuth 6.4). */
function anchorOf(id: bigint): number {
  return Number(BigInt.asUintN(32, id * 2_654_435_769n));
}

export function blockOf(messages: readonly ChatCompletionMessageParam[], count: CountTokens): Block {
  const tokens = messages.reduce(
    (sum, message) => sum + TOKENS_PER_MESSAGE + messageTokens([message], count),
    0,
  );
  return { messages, tokens };
}

/** Counts the tokens of these messages as JSON; a picture counts by its size for the model, not by its bytes. */
export function messageTokens(messages: readonly ChatCompletionMessageParam[], count: CountTokens): number {
  let pictures = 0;
  const words = JSON.stringify(messages, (key, value: unknown) => {
    if (key !== 'image_url') return value;
    pictures += 1;
    return '';
  });
  return count(words) + pictures * TOKENS_PER_PICTURE;
}

export function chatMessage(
  message: PastMessage,
  named: boolean,
  shown?: ShownPictures,
): ChatCompletionMessageParam {
  if (message.role !== 'user') return { role: 'assistant', content: message.text };
  const text = named ? spokenBy(message.author, message.text) : message.text;
  return { role: 'user', content: shown ? withPictures(text, shown) : text };
}

export function toolCallMessage(answer: ModelAnswer): ChatCompletionMessageParam {
  return {
    role: 'assistant',
    content: answer.content,
    tool_calls: answer.toolCalls.map((call) => ({
      id: call.id,
      type: 'function',
      function: { name: call.name, arguments: call.arguments },
    })),
  };
}

export function toolResultMessage({
  callId,
  output,
}: {
  callId: string;
  output: string;
}): ChatCompletionMessageParam {
  return { role: 'tool', tool_call_id: callId, content: output };
}
