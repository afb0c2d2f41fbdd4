import type { BotApiSimulator } from '../bot-api-simulator.js';

/** An answer of the Bot API as a bot receives it. */
export interface Answer {
  readonly ok: boolean;
  readonly error_code?: number;
  readonly description?: string;
  readonly result?: unknown;
}

/** Calls a method as a bot does. */
export async function callMethod(
  { root, token }: Pick<BotApiSimulator, 'root' | 'token'>,
  method: string,
  params: object = {},
): Promise<Answer> {
  const response = await fetch(`${root}/bot${token}/${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(params),
  });
  const answer: unknown = await response.json();
  return { ok: false, ...Object(answer) };
}
