import { ConversationListingRepository } from '../admin/conversations/conversation-listing.repository.js';
import { type ConversationDto, toConversationDto } from '../admin/conversations/conversation.dto.js';
import { DatabaseModule } from '../platform/database/database.module.js';
import { PrismaService } from '../platform/database/prisma.service.js';
import { visible } from '../platform/i18n/visible-text.js';
import { ObservabilityModule } from '../platform/observability/observability.module.js';
import { type CliCommand, jsonList, type JsonOption } from './cli-command.js';
import type { CliSession } from './cli-session.js';
import { withContext } from './with-context.js';

const MAX_CHATS = 50;

/** Lists conversations. */
export function addChats(program: CliCommand, session: CliSession): void {
  program
    .command('chats')
    .description('list the conversations, the newest first')
    .argument('[SEARCH]', 'how a title, name or chat id begins')
    .jsonOption()
    .action(async (search: string | undefined, { json }: JsonOption) => {
      const filter = { status: null, search: search ?? null };
      const rows = await withContext(session.settings(), [DatabaseModule, ObservabilityModule], (context) =>
        new ConversationListingRepository(context.get(PrismaService)).rows(filter, null, MAX_CHATS + 1),
      );
      const { items, hasMore } = jsonList(rows, MAX_CHATS, toConversationDto);
      if (json) return session.printJson({ items, hasMore });
      for (const item of items) session.print(lineOf(item));
      if (items.length === 0) session.print('no conversations');
      if (hasMore) session.print('there are more; GET /admin/conversations has all');
    });
}

/** Columns that scripts can rely on. */
function lineOf({
  id,
  channel,
  chatId,
  threadId,
  status,
  messageCount,
  lastMessageAt,
  title,
  username,
}: ConversationDto) {
  const place = threadId === null ? chatId : `${chatId}/${threadId}`;
  const name = title ?? (username === null ? '' : `@${username}`);

  return [id, place, status, `${messageCount} messages`, lastMessageAt, visible(name), channel].join('\t');
}
