/**
 * The id of a turn's preview: the same in all its runs, so that the channel shows one, and a press of its stop button
 * identifies its turn. Above 0, and with 28 bits exact in any client; a chat never runs two turns at the same time.
 * @param turnId a UUID, whose end is random
 */
export function previewIdOf(turnId: string): number {
  return 1 + Number.parseInt(turnId.slice(-7), 16);
}
