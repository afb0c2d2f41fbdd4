/** The payload of an event of the kind `webhook`. */
export interface Webhook {
  /** The type that the provider gave to the event, e.g. `pull_request`; null: it gives none. */
  readonly type: string | null;
  readonly body: unknown;
}

/** @param body JSON text, which is stored as it is @returns JSON */
export function writeWebhook(type: string | null, body: string): string {
  return `{"type":${JSON.stringify(type)},"body":${body}}`;
}

/** @returns null for anything that `writeWebhook` did not make, such as a payload past its retention */
export function readWebhook(payload: unknown): Webhook | null {
  if (typeof payload !== 'object' || payload === null || !('body' in payload)) return null;
  const type = 'type' in payload && typeof payload.type === 'string' ? payload.type : null;
  return { type, body: payload.body };
}
