/**
 * The id of a turn's preview: the same in all its runs, so that the channel shows one, and a press of its stop button
 * names its turn. Above 0, and with 28 bits exact in any client; two turns of one chat that run at the same time do not
 * exist.
 * @param turnId a UUID, whose end is random
 */
export function previewIdOf(turnId: string): number {
  return 1 + Number.parseInt(turnId.slice(-7), 16);
}
