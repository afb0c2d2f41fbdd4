/** The optional fields of a refusal: https://core.telegram.org/bots/api#responseparameters */
export interface ResponseParameters {
  readonly retry_after?: number;
  readonly migrate_to_chat_id?: number;
}

/**
 * An answer with `ok: false`. Not a failure of ours, but a refusal by the Bot API; thrown inside a method, it becomes
 * the answer of the call.
 */
export class BotApiError extends Error {
  /** @param description in Telegram's words, with its prefix: `Bad Request: chat not found` */
  constructor(
    readonly code: number,
    description: string,
    readonly parameters?: ResponseParameters,
  ) {
    super(description);
    this.name = BotApiError.name;
  }
}

/** A 400. The Bot API server writes the reason after its prefix with a small first letter, and so does this. */
export function badRequest(reason: string): BotApiError {
  const keep = /^[A-Z][A-Z_]/.test(reason);
  return new BotApiError(
    400,
    `Bad Request: ${keep ? reason : reason.charAt(0).toLowerCase() + reason.slice(1)}`,
  );
}
