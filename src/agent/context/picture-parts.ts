import type {
  ChatCompletionContentPart,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions';
import type { ShownPictures } from '../attachments/pictures.js';

/** A user's text with the pictures that came with it: https://platform.openai.com/docs/guides/images-vision */
export function withPictures(
  text: string,
  { dataUrls, missing }: ShownPictures,
): ChatCompletionContentPart[] | string {
  const said = missing > 0 ? `${text}\n[${missing} of its pictures could not be loaded]` : text;
  if (dataUrls.length === 0) return said;
  return [
    { type: 'text', text: said },
    ...dataUrls.map((url) => ({ type: 'image_url' as const, image_url: { url } })),
  ];
}

export function hasPictures({ content }: ChatCompletionMessageParam): boolean {
  return Array.isArray(content) && content.some(({ type }) => type === 'image_url');
}

/** The same message for a model without pictures, with a note that some are missing. */
export function withoutPictures(message: ChatCompletionMessageParam): ChatCompletionMessageParam {
  if (message.role !== 'user' || typeof message.content === 'string') return message;
  const texts = message.content.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  const left = message.content.length - texts.length;
  if (left === 0) return message;
  return { ...message, content: [...texts, `[${left} pictures, which you cannot see]`].join('\n') };
}
