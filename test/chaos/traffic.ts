import { features } from './features/all.js';
import type { Feature, Script } from './features/feature.js';
import { plain } from './features/plain.js';
import type { Pace } from './pace.js';
import { Seeded } from './seeded.js';

const FIRST_CHAT = 50_000_000;

/** The traffic of a round, chat by chat. Pure. */
export function trafficOf(seed: number, pace: Pace, drawn: readonly Feature[] = features): Script[] {
  const random = new Seeded(seed ^ 0x5eed);
  return Array.from({ length: pace.chats }, (_, index) => {
    const feature = index === 0 ? plain : random.pick(drawn);
    const chat = feature.sign * (FIRST_CHAT + seed * 1_000 + index);
    const token = (n: number) => `q${seed}c${index}n${n}z`;
    const { messages, overMs } = pace;
    return { chat, feature, actions: feature.script({ random, chat, messages, overMs, token }) };
  });
}
