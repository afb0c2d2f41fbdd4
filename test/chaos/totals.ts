import type { Cluster } from './cluster.js';
import type { Round } from './round.js';

/** Adds up rounds, and reports them. */
export class Totals {
  private readonly rounds: Round[] = [];
  private readonly startedAt = Date.now();
  private readonly ends: string[] = [];
  private failedStarts = 0;

  add(round: Round): void {
    this.rounds.push(round);
  }

  /** The events of a cluster's processes, before it is closed. */
  addCluster({ processes }: Cluster): void {
    this.ends.push(...processes.flatMap(({ badEnds }) => badEnds));
    this.failedStarts += processes.reduce((sum, processIndex) => sum + processIndex.failedStarts, 0);
  }

  get failed(): readonly Round[] {
    return this.rounds.filter(({ violations }) => violations.length > 0);
  }

  /** One line a round. */
  static lineOf({ seed, injected, figures, violations, refused, settledMs }: Round): string {
    const faults = Object.entries(injected).map(([kind, count]) => (count > 1 ? `${kind} x${count}` : kind));
    const { messages, turns, deadTurns, uncertain, extras, unsaid } = figures;
    return [
      `seed ${seed}: ${messages} messages, ${turns} turns (${deadTurns} dead letters), ${refused} refused,`,
      `${uncertain} uncertain (${extras} twice, ${unsaid} unsaid), settled in ${settledMs} ms; ${faults.join(', ')}`,
      ...violations.slice(0, 10).map(({ promise, what }) => `\n  ${promise.toUpperCase()}: ${what}`),
    ].join(' ');
  }

  /** All of it, as a table for people. */
  toString(): string {
    const { rounds } = this;
    const sum = (of: (round: Round) => number) => rounds.reduce((total, round) => total + of(round), 0);
    const broken = (promise: string) =>
      sum(({ violations }) => violations.filter((one) => one.promise === promise).length);
    const faults = totalled(rounds.map(({ injected }) => injected));
    const features = totalled(rounds.map((round) => round.features));
    const settled = rounds.map(({ settledMs }) => settledMs).toSorted((one, other) => one - other);
    return [
      `runs            ${rounds.length} in ${((Date.now() - this.startedAt) / 1_000).toFixed(0)} s`,
      `faults          ${faults}`,
      `chats           ${features}`,
      `messages        ${sum(({ figures }) => figures.messages)} in ${sum(({ figures }) => figures.turns)} turns, ${sum(({ refused }) => refused)} tries refused`,
      `lost            ${broken('lost')}`,
      `out of order    ${broken('order')}`,
      `repeated steps  ${broken('repeated')}`,
      `said twice      ${broken('twice')} for no reason`,
      `stale           ${broken('stale')} messages`,
      `not explained   ${broken('uncertain')} uncertain, ${broken('dead')} dead letters`,
      `contradictions  ${broken('record')}`,
      `uncertain       ${sum(({ figures }) => figures.uncertain)} replies, ${sum(({ figures }) => figures.extras)} shown twice, ${sum(({ figures }) => figures.unsaid)} not shown`,
      `dead letters    ${sum(({ figures }) => figures.deadTurns)} turns`,
      `asked again     ${sum(({ figures }) => figures.askedAgain)} model calls whose answer was lost before it was a step`,
      `settled         median ${settled[Math.floor(settled.length / 2)] ?? 0} ms, worst ${settled.at(-1) ?? 0} ms`,
      `processes       ${this.failedStarts} starts tried again, ${this.ends.length} ends not in order${this.ends.length > 0 ? `: ${this.ends.join('; ')}` : ''}`,
    ].join('\n');
  }
}

/** The sum of all, and of each kind. */
function totalled(counted: readonly Readonly<Record<string, number>>[]): string {
  const kinds = new Map<string, number>();
  for (const counts of counted) {
    for (const [kind, count] of Object.entries(counts)) kinds.set(kind, (kinds.get(kind) ?? 0) + count);
  }
  const sorted = [...kinds].toSorted(([one], [other]) => one.localeCompare(other));
  const sum = sorted.reduce((total, [, count]) => total + count, 0);
  return `${sum}: ${sorted.map(([kind, count]) => `${kind} ${count}`).join(', ')}`;
}
