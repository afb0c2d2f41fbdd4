import { Injectable, Logger } from '@nestjs/common';
import { Channel } from '../../channel/channel.js';
import { MAX_IMAGE_BYTES } from '../../channel/attachment.js';
import { RetryLaterError } from '../../errors/errors.js';
import type { Message } from '../../generated/prisma/client.js';
import { isPicture, readAttachments, type StoredFile } from './stored-attachments.js';

/** The pictures of a message as a request carries them: their bytes, never an address. */
export interface Shown {
  readonly dataUrls: readonly string[];
  /** Those that should be here and could not be had. */
  readonly missing: number;
}

/** By the id of their message. */
export type PicturesOf = ReadonlyMap<bigint, Shown>;

export const noPictures: PicturesOf = new Map();

type WithFiles = Pick<Message, 'id' | 'attachments'>;

/** Pictures shown of the turn's own messages: an album has at most ten. */
const MAX_OWN = 10;
/** Of what was said before, the newest of these many messages show theirs; older ones are words. */
export const RECENT_MESSAGES = 8;
const MAX_RECENT = 4;
/** Bytes of all pictures of one request; base64 makes four thirds of it. */
const MAX_BYTES_AT_ONCE = 12 * 1024 * 1024;

/** Fetches the pictures that a request shows. They are not kept: a try that comes later fetches them again. */
@Injectable()
export class Pictures {
  private readonly logger = new Logger(Pictures.name);

  constructor(private readonly channel: Channel) {}

  /**
   * Those of the turn's own messages, the first ten.
   * @throws RetryLaterError where one cannot be had at the moment
   */
  async ofTurn(messages: readonly WithFiles[], signal: AbortSignal): Promise<PicturesOf> {
    return await this.fetchAll(filesOf(messages).slice(0, MAX_OWN), signal, (reason) => {
      throw reason;
    });
  }

  /** Those of the last messages before the turn, the newest four; one that cannot be had now is left out. */
  async ofPast(newestFirst: readonly WithFiles[], signal: AbortSignal): Promise<PicturesOf> {
    const files = filesOf(newestFirst.slice(0, RECENT_MESSAGES)).slice(0, MAX_RECENT);
    return await this.fetchAll(files, signal, () => undefined);
  }

  private async fetchAll(
    files: readonly PlacedFile[],
    signal: AbortSignal,
    onUnavailable: (reason: RetryLaterError) => void,
  ): Promise<PicturesOf> {
    // Side by side: one that does not come must not hold up the others.
    const all = await Promise.all(
      files.map(({ file }) => this.channel.fetchFile(file.ref, MAX_IMAGE_BYTES, signal)),
    );
    const pictures = new Map<bigint, Shown>();
    let left = MAX_BYTES_AT_ONCE;
    for (const [index, { messageId, file }] of files.entries()) {
      const { dataUrls, missing } = pictures.get(messageId) ?? nothing;
      const fetched = all[index];
      if (fetched?.kind === 'file' && fetched.content.length <= left) {
        left -= fetched.content.length;
        const dataUrl = dataUrlOf(fetched.content, file.mediaType);
        pictures.set(messageId, { dataUrls: [...dataUrls, dataUrl], missing });
        continue;
      }
      if (fetched?.kind === 'unavailable')
        onUnavailable(new RetryLaterError('FILE_UNAVAILABLE', fetched.error, fetched.retryAfterMs));
      this.logger.warn({ msg: 'picture not shown', messageId: messageId.toString(), why: fetched?.kind });
      pictures.set(messageId, { dataUrls, missing: missing + 1 });
    }
    return pictures;
  }
}

const nothing: Shown = { dataUrls: [], missing: 0 };

interface PlacedFile {
  readonly messageId: bigint;
  readonly file: StoredFile;
}

function filesOf(messages: readonly WithFiles[]): PlacedFile[] {
  return messages.flatMap(({ id, attachments }) =>
    (readAttachments(attachments)?.files ?? []).filter(isPicture).map((file) => ({ messageId: id, file })),
  );
}

function dataUrlOf(content: Buffer, mediaType: string | null): string {
  return `data:${typeOf(content) ?? mediaType ?? 'image/jpeg'};base64,${content.toString('base64')}`;
}

/** By its first bytes: a model refuses a picture that is not of the type it is said to be. */
function typeOf(content: Buffer): string | null {
  const head = content.toString('latin1', 0, 12);
  if (head.startsWith('\u00ff\u00d8\u00ff')) return 'image/jpeg';
  if (head.startsWith('\u0089PNG')) return 'image/png';
  if (head.startsWith('GIF8')) return 'image/gif';
  return head.startsWith('RIFF') && head.endsWith('WEBP') ? 'image/webp' : null;
}
