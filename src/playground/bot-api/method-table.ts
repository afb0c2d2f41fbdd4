import type { BotState } from './bot-state.js';
import type { Params } from './params.js';

/**
 * A method: parameters in, result out.
 * @throws BotApiError for what Telegram refuses
 */
export type BotApiMethod = (bot: BotState, params: Params, signal: AbortSignal) => unknown;

/** Methods by their names as documented; Telegram takes them in any case. */
export type MethodTable = Readonly<Record<string, BotApiMethod>>;
