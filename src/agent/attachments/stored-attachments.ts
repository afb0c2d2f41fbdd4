import type { Attachment, AttachmentKind } from '../../channel/attachment.js';
import type { Prisma } from '../../generated/prisma/client.js';

/** The files of a message, as `messages.attachments` keeps them. */
export interface StoredAttachments {
  /** UTF-16 units of the message's text that are its author's; the text of the files follows. */
  readonly ownChars: number;
  /** The message has no words: the author's text only names what was sent. */
  readonly isWordless: boolean;
  readonly files: readonly StoredFile[];
}

export interface StoredFile extends Attachment {
  /** `told`: the message has its text; `refused`: the message says why not; `open`: neither yet, or it is a picture. */
  readonly state: FileState;
  /** The reason of the refusal, as shown to the user; null if there is none. */
  readonly refusal: string | null;
}

type FileState = 'open' | 'told' | 'refused';

/** Pictures are shown, not described: they stay open. */
export const isPicture = ({ kind, state }: StoredFile): boolean => kind === 'image' && state === 'open';

/** Null for a message without files. */
export function writeAttachments(
  text: string,
  { attachments, isWordless }: { readonly attachments: readonly Attachment[]; readonly isWordless: boolean },
): Prisma.InputJsonObject | null {
  if (attachments.length === 0) return null;
  const files = attachments.map((attachment) => ({ ...attachment, state: 'open' as const, refusal: null }));
  return toJson({ ownChars: text.length, isWordless, files });
}

export function toJson({ ownChars, isWordless, files }: StoredAttachments): Prisma.InputJsonObject {
  return { ownChars, isWordless, files: files.map((file) => ({ ...file })) };
}

/** Reads the column back; null for a message without files, and for an unreadable value. */
export function readAttachments(value: unknown): StoredAttachments | null {
  if (!isRecord(value) || !Array.isArray(value['files'])) return null;
  const { ownChars, isWordless } = value;
  if (typeof ownChars !== 'number' || typeof isWordless !== 'boolean') return null;
  return { ownChars, isWordless, files: value['files'].flatMap(readFile) };
}

function readFile(value: unknown): StoredFile[] {
  if (!isRecord(value)) return [];
  const { kind, ref, name, mediaType, bytes, seconds, isSpeech, state, refusal } = value;
  if (!isKind(kind) || typeof ref !== 'string' || typeof name !== 'string' || !isState(state)) return [];
  return [
    {
      kind,
      ref,
      name,
      mediaType: typeof mediaType === 'string' ? mediaType : null,
      bytes: typeof bytes === 'number' ? bytes : null,
      seconds: typeof seconds === 'number' ? seconds : null,
      isSpeech: isSpeech === true,
      state,
      refusal: typeof refusal === 'string' ? refusal : null,
    },
  ];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isKind = (value: unknown): value is AttachmentKind =>
  value === 'image' || value === 'audio' || value === 'file';
const isState = (value: unknown): value is FileState =>
  value === 'open' || value === 'told' || value === 'refused';
