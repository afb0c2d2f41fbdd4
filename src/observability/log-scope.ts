import { AsyncLocalStorage } from 'node:async_hooks';

/** What a log line is about. Ids of a channel are text. */
export interface LogIds {
  readonly channel?: string;
  readonly chatId?: string;
  /** Of the channel: Telegram's `update_id`. */
  readonly updateId?: string;
  readonly conversationId?: string;
  readonly turnId?: string;
  readonly replyId?: string;
}

interface Scope {
  readonly ids: LogIds;
  ended: boolean;
}

const scopes = new AsyncLocalStorage<Scope>();

/**
 * Has every line that is logged by `work`, however deep, carry these ids, besides those of the scopes around it and
 * those that the line names itself. What outlives `work`, a connection that it opened, say, carries none of them.
 *
 * @example await inLogScope({ conversationId }, () => this.handle(conversationId))
 */
export async function inLogScope<T>(ids: LogIds, work: () => Promise<T>): Promise<T> {
  const scope = { ids: { ...currentLogIds(), ...ids }, ended: false };
  try {
    return await scopes.run(scope, work);
  } finally {
    scope.ended = true;
  }
}

/** What is done here is not of one message alone: its lines carry no ids but their own. */
export function outsideLogScope<T>(work: () => T): T {
  return scopes.exit(work);
}

/** The ids of the scope that this is called in; none outside of one. */
export function currentLogIds(): LogIds {
  const scope = scopes.getStore();
  return scope === undefined || scope.ended ? {} : scope.ids;
}
