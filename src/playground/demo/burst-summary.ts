import type { Ack } from '../bot-api/chat-log.js';
import { milliseconds, type DemoOutput } from './demo-output.js';
import { countOutcome, percentile, type Tally } from './tally.js';

export interface BurstResult extends Tally {
  readonly acks: readonly Ack[];
  /** For updates that came one after another. */
  readonly single: readonly Ack[];
  readonly turns: number;
  /** Messages sent. */
  readonly messages: number;
  /** Updates delivered a second time. */
  readonly repeats: number;
}

function timesOf(acks: readonly Ack[]): string {
  const times = acks.map((ack) => ack.milliseconds);
  return `p50 ${milliseconds(percentile(times, 0.5))}, p99 ${milliseconds(percentile(times, 0.99))}`;
}

/** Prints the outcome of the burst. @returns the failures */
export function showSummary(result: BurstResult, output: DemoOutput): string[] {
  const { acks, single, turns, replies, answered, lost, duplicates, disordered } = result;
  const queued = countOutcome(acks, 'queued');
  const recognised = countOutcome(acks, 'duplicate');
  const rows: readonly [string, string][] = [
    ['acks', `${acks.length}: ${queued} queued, ${recognised} recognised as posted before`],
    ['ack time', `${timesOf(single)}, one after another`],
    ['', `${timesOf(acks)}, ${acks.length} at once: waiting for each other included`],
    ['turns', `${turns} for ${answered} messages: what arrives during a turn is one next turn`],
    [
      'replies',
      `${replies}, ${disordered === 0 ? 'each in the order of its chat' : `${disordered} out of order`}`,
    ],
    ['duplicates', `${duplicates}`],
    ['lost', `${lost}`],
  ];
  output.line();
  output.line('4. Summary of the burst, counted from outside: by Telegram and by the model');
  for (const [name, value] of rows) output.line(`   ${name.padEnd(11)} ${value}`);
  const problems: readonly [boolean, string][] = [
    [lost > 0, `${lost} messages were lost`],
    [duplicates > 0, `${duplicates} messages were answered twice`],
    [disordered > 0, `${disordered} messages were answered out of order`],
    [queued !== result.messages, `${queued} of ${result.messages} updates were acknowledged as queued`],
    [recognised !== result.repeats, `${recognised} of ${result.repeats} repeated updates were recognised`],
  ];
  return problems.filter(([happened]) => happened).map(([, problem]) => problem);
}
