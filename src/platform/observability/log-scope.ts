import { AsyncLocalStorage } from 'node:async_hooks';

/** The ids in a log line. Ids of a channel are text. */
export interface LogIds {
  readonly channel?: string;
  readonly chatId?: string;
  /** The channel's id: Telegram's `update_id`. */
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
 * Adds these ids to every line logged by `work`, however deep, besides those of the scopes around it and those that the
 * line names itself. A longer-lived object that `work` creates, such as a connection, carries none of them.
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

/** Runs work that serves more than one message: its lines carry no ids but their own. */
export function outsideLogScope<T>(work: () => T): T {
  return scopes.exit(work);
}

/** The ids of the present scope; none outside of one. */
export function currentLogIds(): LogIds {
  const scope = scopes.getStore();
  return scope === undefined || scope.ended ? {} : scope.ids;
}
