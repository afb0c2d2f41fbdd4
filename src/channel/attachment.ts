/** A file that came with a message, as its channel describes it; its content is unread. */
export interface Attachment {
  readonly kind: AttachmentKind;
  /** For `Files.fetch`. */
  readonly ref: string;
  /** With an extension for its type, if the type is known. */
  readonly name: string;
  readonly mediaType: string | null;
  /** Null if the channel does not say. */
  readonly bytes: number | null;
  readonly seconds: number | null;
  /**
   * A recording of the sender speaking to the agent: its transcription counts as the sender's words. Else it is data.
   */
  readonly isSpeech: boolean;
}

/** How it is used: shown to the model, transcribed, or read. */
export type AttachmentKind = 'image' | 'audio' | 'file';

/**
 * The largest picture that models accept in a small request. A channel with several sizes offers the largest of these.
 */
export const MAX_IMAGE_SIDE = 1_280;
export const MAX_IMAGE_BYTES = 5 * 1024 * 1024;

/** The outcome of one try to fetch a file. */
export type Fetched =
  | { readonly kind: 'file'; readonly content: Buffer }
  | { readonly kind: 'too-large' }
  /** Permanently unavailable. */
  | { readonly kind: 'gone'; readonly error: string }
  /** Worth another try later. */
  | { readonly kind: 'unavailable'; readonly error: string; readonly retryAfterMs: number | null };

/** The outcome for a channel that does not have the files of its attachments. */
export const noFile: Fetched = { kind: 'gone', error: 'the channel has no files' };
