/** The destination of polled updates. Implemented by the inbox; the poller knows only this port. */
export abstract class UpdateSink {
  /**
   * Accepts a batch in the order of arrival. Resolves once every update of it is durable, already known, or of no use;
   * only then does Telegram forget the batch. Rejects if that is impossible: the same batch comes again after a pause.
   * An update that can never be accepted must resolve too, or it blocks all later ones.
   * @param channel of the bot that polled them
   */
  abstract accept(channel: string, updates: readonly unknown[]): Promise<void>;
}
