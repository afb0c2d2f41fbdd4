import { AccessPolicy } from '../../src/access/access-policy.js';
import { PairingQuestions } from '../../src/access/pairing-questions.js';
import { PairingRepository } from '../../src/access/pairing.repository.js';
import { PairingsService } from '../../src/access/pairings.service.js';
import { PeopleAccess } from '../../src/access/people-access.js';
import { AccessGrantRepository } from '../../src/access/access-grant.repository.js';
import { AccessFilter } from '../../src/agent/turns/access-filter.js';
import type { Channel } from '../../src/channel/channel.js';
import { AccessSettings } from '../../src/channel/access.settings.js';
import { Outbox } from '../../src/delivery/outbox.js';
import { PersonRepository } from '../../src/memory/person.repository.js';
import type { Room } from './room.js';
import { telegramChannel } from './telegram-channel.js';

/** The access policy over the room's database. */
function accessParts(
  { prisma, conversations, ids, leases }: Room,
  channel: Channel,
  outbox: Outbox,
  wishes: Partial<AccessSettings> = {},
) {
  const settings = Object.assign(new AccessSettings(), wishes);
  const people = new PersonRepository();
  const grants = new AccessGrantRepository(prisma);
  const accessPolicy = new AccessPolicy(channel, grants, settings);
  const repository = new PairingRepository(prisma, ids);
  const pairings = new PairingsService(
    repository,
    grants,
    accessPolicy,
    prisma,
    conversations,
    people,
    outbox,
  );
  const questions = new PairingQuestions(
    repository,
    pairings,
    grants,
    prisma,
    conversations,
    people,
    outbox,
    settings,
  );
  const peopleAccess = new PeopleAccess(prisma, grants, pairings, settings);
  const accessFilter = new AccessFilter(prisma, leases, accessPolicy, pairings);
  return {
    accessPolicy,
    repository,
    pairings,
    questions,
    peopleAccess,
    grants,
    accessFilter,
  };
}

/** The same for a bot with pairing, without a reachable Telegram. */
export function pairingParts(room: Room, ...owners: readonly (string | number)[]) {
  const settings = { mode: 'pairing', owners: owners.map(String) } as const;
  const channel = telegramChannel({ token: '1:a', root: 'http://127.0.0.1:9' }, {}, settings);
  return accessParts(room, channel, new Outbox(channel), settings);
}
