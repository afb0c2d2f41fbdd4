import type { Token } from 'markdown-it';
import { isBlank } from './characters.js';
import type { FormattedWriter } from './formatted-writer.js';
import { linkableUrl } from './link-address.js';
import { readableUrl } from './markdown-parser.js';

/** Whether a link may become an entity here; otherwise its address is written out. Code blocks hold no entities. */
export type LinkStyle = 'entity' | 'address';

/** A link being written: the start of its text, and whether it is an entity. */
interface OpenLink {
  readonly token: Token;
  readonly start: number;
  readonly isEntity: boolean;
}

/** Renders the tokens of a paragraph, a heading or a table cell. */
export function renderInline(tokens: readonly Token[], writer: FormattedWriter, links: LinkStyle): void {
  const openLinks: OpenLink[] = [];
  for (const token of tokens) {
    switch (token.type) {
      case 'strong_open':
        writer.open({ type: 'bold' });
        break;
      case 'em_open':
        writer.open({ type: 'italic' });
        break;
      case 's_open':
        writer.open({ type: 'strikethrough' });
        break;
      case 'strong_close':
      case 'em_close':
      case 's_close':
        writer.close();
        break;
      case 'code_inline':
        writer.writeCode(token.content);
        break;
      case 'link_open':
        openLinks.push(openLink(token, writer, links));
        break;
      case 'link_close':
        closeLink(openLinks.pop(), writer);
        break;
      case 'image':
        renderImage(token, writer, openLinks.length > 0 ? 'address' : links);
        break;
      case 'softbreak':
      case 'hardbreak':
        writer.breakLine();
        break;
      default:
        writer.write(token.content);
    }
  }
}

/** An image is a link to it, named by its alternative text. */
function renderImage(token: Token, writer: FormattedWriter, links: LinkStyle): void {
  const link = openLink(token, writer, links);
  renderInline(token.children ?? [], writer, 'address');
  closeLink(link, writer);
}

function openLink(token: Token, writer: FormattedWriter, links: LinkStyle): OpenLink {
  const url = links === 'entity' ? linkableUrl(addressOf(token)) : null;
  if (url !== null) writer.open({ type: 'text_link', url });
  return { token, start: writer.position, isEntity: url !== null };
}

/** A link without a text shows its address; one that is no entity has the address behind its text. */
function closeLink(link: OpenLink | undefined, writer: FormattedWriter): void {
  if (!link) return;
  const address = readableUrl(addressOf(link.token)).replace(/^mailto:/i, '');
  const text = writer.since(link.start).trim();
  if (isBlank(text)) writer.write(address);
  if (link.isEntity) writer.close();
  else if (!isBlank(text) && text !== address && address !== '') writer.write(` (${address})`);
  const title = link.token.attrGet('title');
  if (title !== null && title !== '') writer.write(` “${title}”`);
}

function addressOf(token: Token): string {
  return String(token.attrGet('href') ?? token.attrGet('src') ?? '');
}
