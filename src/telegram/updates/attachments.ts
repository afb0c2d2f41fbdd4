import {
  type Attachment,
  type AttachmentKind,
  MAX_IMAGE_BYTES,
  MAX_IMAGE_SIDE,
} from '../../channel/attachment.js';
import { label } from '../../channel/names.js';
import { arrayOf, fieldOf, integerOf, textField } from '../bot-api/update-fields.js';

/** Telegram's file ids are shorter than 100; a longer one is none. */
const ID_LIMIT = 256;
const NAME_LIMIT = 128;
const TYPE_LIMIT = 64;

/** The file of a message that can be shown to the model, transcribed or read; at most one. */
export function attachmentsOf(message: unknown): Attachment[] {
  const photo = bestSize(arrayOf(message, 'photo'));
  if (photo !== null)
    return fileOf(photo, 'image', { name: 'photo.jpg', mediaType: 'image/jpeg', isSpeech: false });
  for (const [field, kind] of sounds) {
    const sound = fieldOf(message, field);
    if (sound !== undefined) return fileOf(sound, 'audio', kind);
  }
  // The message repeats the file as a document, for old clients.
  if (fieldOf(message, 'animation') !== undefined) return [];
  const document = fieldOf(message, 'document');
  return document === undefined
    ? []
    : fileOf(document, kindOf(document), { name: 'file', mediaType: null, isSpeech: false });
}

const sounds = [
  ['voice', { name: 'voice.ogg', mediaType: 'audio/ogg', isSpeech: true }],
  ['video_note', { name: 'video.mp4', mediaType: 'video/mp4', isSpeech: true }],
  ['audio', { name: 'audio.mp3', mediaType: 'audio/mpeg', isSpeech: false }],
] as const satisfies readonly (readonly [field: string, kind: Kind])[];

/** Pictures as files: the types that models accept. A sound as a file is a sound. */
function kindOf(document: unknown): AttachmentKind {
  const type = textField(document, 'mime_type', TYPE_LIMIT) ?? '';
  if (/^image\/(jpeg|png|webp|gif)$/.test(type)) return 'image';
  return type.startsWith('audio/') ? 'audio' : 'file';
}

/** The largest of the sizes (https://core.telegram.org/bots/api#photosize) within our bounds, else the smallest. */
export function bestSize(sizes: readonly unknown[]): unknown {
  const known = sizes.filter((size) => textField(size, 'file_id', ID_LIMIT) !== null);
  const bySide = known.toSorted((one, other) => longerSide(one) - longerSide(other));
  return bySide.findLast(fits) ?? bySide[0] ?? null;
}

function fits(size: unknown): boolean {
  return longerSide(size) <= MAX_IMAGE_SIDE && (integerOf(size, 'file_size') ?? 0) <= MAX_IMAGE_BYTES;
}

const longerSide = (size: unknown): number =>
  Math.max(integerOf(size, 'width') ?? 0, integerOf(size, 'height') ?? 0);

/** The defaults of a kind of file. */
interface Kind {
  readonly name: string;
  readonly mediaType: string | null;
  readonly isSpeech: boolean;
}

function fileOf(file: unknown, kind: AttachmentKind, { name, mediaType, isSpeech }: Kind): Attachment[] {
  const ref = textField(file, 'file_id', ID_LIMIT);
  if (ref === null) return [];
  return [
    {
      kind,
      ref,
      name: fileName(textField(file, 'file_name', NAME_LIMIT) ?? '') || name,
      mediaType: textField(file, 'mime_type', TYPE_LIMIT) ?? mediaType,
      bytes: integerOf(file, 'file_size'),
      seconds: integerOf(file, 'duration'),
      isSpeech,
    },
  ];
}

/** Quoted to the model and to the user. */
const fileName = (name: string): string => label(name.replaceAll(/["“”]/g, ''));
