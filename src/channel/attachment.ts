/** A file that came with a message, as its channel describes it: nothing of it has been looked at. */
export interface Attachment {
  readonly kind: AttachmentKind;
  /** For `Channel.fetchFile`. */
  readonly ref: string;
  /** With an ending that tells its type, where one is known. */
  readonly name: string;
  readonly mediaType: string | null;
  /** Null where the channel does not say. */
  readonly bytes: number | null;
  readonly seconds: number | null;
  /** The sender speaks in it, to the agent: what is said are the sender's words. Else it is data. */
  readonly isSpeech: boolean;
}

/** What is done with it: shown to the model, heard, or read. */
export type AttachmentKind = 'image' | 'audio' | 'file';

/**
 * What a picture may have so that models take it and a request stays small. A channel that has a picture in several
 * sizes offers the largest of these.
 */
export const MAX_IMAGE_SIDE = 1_280;
export const MAX_IMAGE_BYTES = 5 * 1024 * 1024;

/** What came of one try to fetch a file. */
export type Fetched =
  | { readonly kind: 'file'; readonly content: Buffer }
  | { readonly kind: 'too-large' }
  /** Not there, and never will be. */
  | { readonly kind: 'gone'; readonly error: string }
  /** Worth another try later. */
  | { readonly kind: 'unavailable'; readonly error: string; readonly retryAfterMs: number | null };
