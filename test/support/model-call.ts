import type { IncomingMessage } from 'node:http';

/** A part of a message other than text. */
interface ContentPart {
  readonly type: string;
  readonly text?: string;
  readonly image_url?: { readonly url: string };
}

/** A message of the request, with the fields that tests read. */
export interface AskedMessage {
  readonly role: string;
  /** Its words, with or without pictures. */
  readonly content: string | null;
  readonly tool_call_id?: string;
  readonly tool_calls?: readonly { readonly id: string; readonly function: { readonly name: string } }[];
}

/** One request as it arrived. */
export interface ModelCall {
  /** All of it. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly model: string;
  readonly messages: readonly AskedMessage[];
  readonly tools: readonly { readonly function: { readonly name: string; readonly parameters: object } }[];
  readonly toolChoice: string | null;
  readonly answerTokens: unknown;
  readonly streamed: boolean;
  readonly authorization: string | null;
  /** The addresses of all pictures, in order. */
  readonly pictures: readonly string[];
  /** The users' messages since the last answer, in order. */
  readonly news: readonly string[];
  /**
   * The position of the request and of its answer's end among all events of this double; `end` null: not answered yet.
   */
  readonly begin: number;
  end: number | null;
  /** The caller hung up before the answer. */
  abandoned: boolean;
}

export function readCall(
  body: Record<string, unknown>,
  authorization: string | null,
  begin: number,
): ModelCall {
  const given: GivenMessage[] = Array.isArray(body['messages']) ? body['messages'] : [];
  const messages: AskedMessage[] = given.map((message) => ({ ...message, content: wordsIn(message) }));
  const pictures = given.flatMap(partsOf).flatMap(({ image_url: image }) => (image ? [image.url] : []));
  const lastAnswer = messages.findLastIndex(({ role, tool_calls }) => role === 'assistant' && !tool_calls);
  const news = messages
    .slice(lastAnswer + 1)
    .flatMap(({ role, content }) => (role === 'user' ? [content ?? ''] : []));
  return {
    body,
    model: String(body['model']),
    messages,
    pictures,
    tools: Array.isArray(body['tools']) ? body['tools'] : [],
    toolChoice: typeof body['tool_choice'] === 'string' ? body['tool_choice'] : null,
    answerTokens: [body['max_completion_tokens'], body['max_tokens']].find(Number.isInteger) ?? null,
    authorization,
    streamed: body['stream'] === true,
    news,
    begin,
    end: null,
    abandoned: false,
  };
}

interface GivenMessage extends Omit<AskedMessage, 'content'> {
  readonly content: string | readonly ContentPart[] | null;
}

const partsOf = ({ content }: GivenMessage): readonly ContentPart[] =>
  typeof content === 'string' || content === null ? [] : content;

function wordsIn(message: GivenMessage): string | null {
  const { content } = message;
  if (typeof content === 'string' || content === null) return content;
  return content.flatMap(({ text }) => text ?? []).join('\n');
}

export async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const json: unknown = JSON.parse(Buffer.concat(chunks).toString() || '{}');
  return typeof json === 'object' && json !== null ? { ...json } : {};
}
