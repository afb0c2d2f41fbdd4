import { ObservabilityModule } from '../observability/observability.module.js';
import { DatabaseModule } from '../database/database.module.js';
import { PrismaService } from '../database/prisma.service.js';
import { GiveUpError } from '../errors/errors.js';
import { DeadLetters } from '../queue/dead-letters.service.js';
import { LanesModule } from '../queue/lanes.module.js';
import type { CliCommand } from './cli-command.js';
import { withContext } from './with-context.js';

const LIMIT = 200;

/** What failed for good, from the command line. */
export const deadLetters: CliCommand = {
  name: 'dead-letters',
  usage: 'dead-letters list|replay ID|discard ID',
  does: 'shows what failed for good, tries it again, forgets it',
  run: ([action, id], settings) =>
    withContext(settings, [DatabaseModule, ObservabilityModule, LanesModule], async (context) => {
      if (action === 'list') return await list(context.get(PrismaService));
      if (!id || (action !== 'replay' && action !== 'discard')) throw wrongArguments();
      const letters = context.get(DeadLetters);
      const found = action === 'replay' ? await letters.replay(id) : await letters.discard(id);
      if (!found) throw new GiveUpError('DEAD_LETTER_UNKNOWN', `there is no dead letter ${id}`);
      return [`${id}: ${action === 'replay' ? 'put back into its lane' : 'discarded'}`];
    }),
};

async function list(prisma: PrismaService): Promise<string[]> {
  const letters = await prisma.deadLetter.findMany({ orderBy: { createdAt: 'desc' }, take: LIMIT });
  if (letters.length === 0) return ['no dead letters'];
  return letters.map(({ id, kind, reason, createdAt, lastError }) =>
    [id, kind, reason, createdAt.toISOString(), lastError].join('\t'),
  );
}

function wrongArguments(): GiveUpError {
  return new GiveUpError('USAGE', `usage: npm run cli -- ${deadLetters.usage}`);
}
