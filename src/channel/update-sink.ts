/** Where polled updates go. Implemented by the inbox's side; the poller knows only this port. */
export abstract class UpdateSink {
  /**
   * Takes a batch in the order of arrival. Resolves once every update of it is durable, already known, or of no use;
   * only then does Telegram forget the batch. Rejects where that cannot be: the same batch comes again after a pause.
   * An update that can never be taken must be resolved too, or it blocks all after it.
   * @param channel of the bot that polled them
   */
  abstract accept(channel: string, updates: readonly unknown[]): Promise<void>;
}
