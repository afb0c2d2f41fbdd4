import { Doorkeeper } from '../../src/access/doorkeeper.js';
import { PairingQuestions } from '../../src/access/pairing-questions.js';
import { PairingRepository } from '../../src/access/pairing.repository.js';
import { Pairings } from '../../src/access/pairings.service.js';
import { PeopleAccess } from '../../src/access/people-access.js';
import { StandingRepository } from '../../src/access/standing.repository.js';
import { Uninvited } from '../../src/agent/turn/uninvited.js';
import type { Channel } from '../../src/channel/channel.js';
import { AccessSettings } from '../../src/config/access.settings.js';
import { DraftRepository } from '../../src/delivery/draft.repository.js';
import { Outbox } from '../../src/delivery/outbox.js';
import { PersonRepository } from '../../src/memory/person.repository.js';
import type { Room } from './room.js';
import { telegramChannel } from './telegram-channel.js';

/** Who may talk to the agent, over the room's database. */
export function accessParts(
  { prisma, conversations, ids, leases }: Room,
  channel: Channel,
  outbox: Outbox,
  wishes: Partial<AccessSettings> = {},
) {
  const settings = Object.assign(new AccessSettings(), wishes);
  const people = new PersonRepository();
  const standings = new StandingRepository(prisma);
  const doorkeeper = new Doorkeeper(channel, standings, settings);
  const repository = new PairingRepository(prisma, ids);
  const pairings = new Pairings(repository, standings, doorkeeper, prisma, conversations, people, outbox);
  const questions = new PairingQuestions(
    repository,
    pairings,
    standings,
    prisma,
    conversations,
    people,
    outbox,
    settings,
  );
  const peopleAccess = new PeopleAccess(prisma, standings, pairings, settings);
  const uninvited = new Uninvited(prisma, leases, doorkeeper, pairings);
  return { doorkeeper, repository, pairings, questions, peopleAccess, standings, uninvited };
}

/** The same of a bot that pairs, without a Telegram to reach. */
export function pairingParts(room: Room, ...owners: readonly (bigint | number)[]) {
  const settings = { mode: 'pairing', owners: owners.map(String) } as const;
  const channel = telegramChannel({ token: '1:a', root: 'http://127.0.0.1:9' }, {}, settings);
  return accessParts(
    room,
    channel,
    new Outbox(channel, new DraftRepository(room.prisma, room.leases)),
    settings,
  );
}
