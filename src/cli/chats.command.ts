import { ConversationListing } from '../admin/conversations/conversation-listing.repository.js';
import { type ConversationDto, toConversationDto } from '../admin/conversations/conversation.dto.js';
import { DatabaseModule } from '../database/database.module.js';
import { PrismaService } from '../database/prisma.service.js';
import { ObservabilityModule } from '../observability/observability.module.js';
import { type CliCommand, UsageError } from './cli-command.js';
import { visible } from '../texts/visible-text.js';
import { withContext } from './with-context.js';

const MAX_CHATS = 50;

/** Who talks with the bot, from the command line. */
export const chats: CliCommand = {
  name: 'chats',
  usage: 'chats [SEARCH]',
  does: 'lists the conversations, the newest first; SEARCH: how a title, name or chat id begins',
  run: async (args, settings, print) => {
    if (args.length > 1) throw new UsageError(chats.usage);
    const filter = { status: null, search: args[0] ?? null };
    const rows = await withContext(settings, [DatabaseModule, ObservabilityModule], (context) =>
      new ConversationListing(context.get(PrismaService)).rows(filter, null, MAX_CHATS + 1),
    );
    for (const row of rows.slice(0, MAX_CHATS)) print(lineOf(toConversationDto(row)));
    if (rows.length === 0) print('no conversations');
    if (rows.length > MAX_CHATS) print('there are more; GET /admin/conversations has all');
  },
};

/** Columns by which scripts can go. */
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
