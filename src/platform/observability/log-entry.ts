/** The arguments of one call of Nest's logger. */
export interface LogEntry {
  readonly context: string | null;
  readonly msg: string | null;
  readonly err: unknown;
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * Reads the arguments of Nest's `LoggerService` methods: a message (text, an object with `msg` and fields, or an
 * error), then anything, then the context. `error` may carry a stack before the context.
 */
export function readLogCall(message: unknown, rest: readonly unknown[]): LogEntry {
  const last = rest.at(-1);
  const context = typeof last === 'string' && !looksLikeStack(last) ? last : null;
  const details = (context === null ? rest : rest.slice(0, -1)).filter((detail) => detail !== undefined);
  const stack = details.find((detail) => typeof detail === 'string' && looksLikeStack(detail));
  const others = details.filter((detail) => detail !== stack);
  const more = {
    ...(stack === undefined ? {} : { stack }),
    ...(others.length === 0 ? {} : { details: others }),
  };

  if (message instanceof Error) return { context, msg: message.message, err: message, fields: more };
  if (isPlainObject(message)) {
    const { msg, err, error, ...fields } = message;
    const failure = err ?? (error instanceof Error ? error : undefined);
    const text = typeof msg === 'string' ? msg : failure instanceof Error ? failure.message : null;
    const kept = failure === error || error === undefined ? fields : { ...fields, error };
    return { context, msg: text, err: failure, fields: { ...kept, ...more } };
  }
  return {
    context,
    msg: typeof message === 'string' ? message : null,
    err: undefined,
    fields: unnamed(message, more),
  };
}

function unnamed(message: unknown, more: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return typeof message === 'string' ? { ...more } : { value: message, ...more };
}

function looksLikeStack(text: string): boolean {
  return /^[^\n]*\n\s+at /.test(text);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
