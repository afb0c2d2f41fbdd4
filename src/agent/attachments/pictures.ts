import { Injectable, Logger } from '@nestjs/common';
import { Channel } from '../../channel/channel.js';
import { MAX_IMAGE_BYTES, noFile } from '../../channel/attachment.js';
import { RetryLaterError } from '../../platform/errors/errors.js';
import type { Message } from '../../generated/prisma/client.js';
import { isPicture, readAttachments, type StoredFile } from './stored-attachments.js';

/** The pictures of a message in a request: their bytes, never an address. */
export interface ShownPictures {
  readonly dataUrls: readonly string[];
  /** Pictures that could not be fetched. */
  readonly missing: number;
}

/** By the id of their message. */
export type PicturesOf = ReadonlyMap<bigint, ShownPictures>;

export const noPictures: PicturesOf = new Map();

type WithFiles = Pick<Message, 'id' | 'attachments'>;

/** Pictures shown of the turn's own messages: an album has at most ten. */
const MAX_OWN = 10;
/** Earlier messages that show their pictures, the newest; in older ones they are words. */
const RECENT_MESSAGES = 8;
const MAX_RECENT = 4;
/** Bytes of all pictures of one request; base64 makes four thirds of it. */
const MAX_BYTES_AT_ONCE = 12 * 1024 * 1024;

/** Fetches the pictures of a request. They are not kept: a later try fetches them again. */
@Injectable()
export class Pictures {
  private readonly logger = new Logger(Pictures.name);

  constructor(private readonly channel: Channel) {}

  /**
   * The pictures of the turn's own messages, the first ten.
   * @throws RetryLaterError if one cannot be fetched at the moment
   */
  async ofTurn(messages: readonly WithFiles[], signal: AbortSignal): Promise<PicturesOf> {
    return await this.fetchAll(filesOf(messages).slice(0, MAX_OWN), signal, (reason) => {
      throw reason;
    });
  }

  /** The pictures of the last messages before the turn, the newest four; one that cannot be fetched is left out. */
  async ofPast(newestFirst: readonly WithFiles[], signal: AbortSignal): Promise<PicturesOf> {
    const files = filesOf(newestFirst.slice(0, RECENT_MESSAGES)).slice(0, MAX_RECENT);
    return await this.fetchAll(files, signal, () => undefined);
  }

  private async fetchAll(
    files: readonly PlacedFile[],
    signal: AbortSignal,
    onUnavailable: (reason: RetryLaterError) => void,
  ): Promise<PicturesOf> {
    // Side by side: one that stalls must not delay the others.
    const all = await Promise.all(
      files.map(
        async ({ file }) => (await this.channel.files?.fetch(file.ref, MAX_IMAGE_BYTES, signal)) ?? noFile,
      ),
    );
    const pictures = new Map<bigint, ShownPictures>();
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

const nothing: ShownPictures = { dataUrls: [], missing: 0 };

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

/** By its first bytes: a model refuses a picture whose declared type is wrong. */
function typeOf(content: Buffer): string | null {
  const head = content.toString('latin1', 0, 12);
  if (head.startsWith('\u00ff\u00d8\u00ff')) return 'image/jpeg';
  if (head.startsWith('\u0089PNG')) return 'image/png';
  if (head.startsWith('GIF8')) return 'image/gif';
  return head.startsWith('RIFF') && head.endsWith('WEBP') ? 'image/webp' : null;
}
