import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Environment } from '../src/platform/config/read-settings.js';
import type { Dialogue } from './dialogue.js';
import { type Played, Player } from './player.js';
import { allHold, reportData, reportText, type Result } from './report.js';
import { Stage } from './support/stage.js';

/** Dialogues at once: a real model takes its time, and chats do not know of each other. */
const AT_ONCE = 4;

const USAGE = 'npm run eval -- [--only REGEX] [--runs N] [--model NAME]';

interface Wishes {
  readonly only: RegExp;
  readonly runs: number;
  readonly model: string | undefined;
}

/**
 * Plays the dialogues and prints the results as a table; the same goes to a JSON file in `folder`.
 * @returns the exit code: 0 if every expectation held in every run, 1 if one did not, 2 for wrong usage
 */
export async function evaluate(
  args: readonly string[],
  env: Environment,
  dialogues: readonly Dialogue[],
  folder: string,
  print: (text: string) => void,
): Promise<number> {
  const wishes = readWishes(args);
  if (typeof wishes === 'string') {
    print(`${wishes}\n${USAGE}`);
    return 2;
  }
  const chosen = dialogues.filter(({ name }) => wishes.only.test(name));
  if (chosen.length === 0) {
    print(`No dialogue matches ${String(wishes.only)}. There are:`);
    for (const { name, about } of dialogues) print(`  ${name}  ${about}`);
    return 2;
  }
  const stage = await Stage.open(wishes.model === undefined ? env : { ...env, OPENAI_MODEL: wishes.model });
  try {
    print(`Model: ${stage.model}${stage.isDemo ? ' (a demo that follows rules; none is configured)' : ''}`);
    const results = await playAll(stage, chosen, wishes.runs);
    print(`\n${reportText(results, stage.isPriced)}\n`);
    const file = await write(folder, stage.model, results);
    print(`written to ${file}`);
    return allHold(results) ? 0 : 1;
  } finally {
    await stage.close();
  }
}

async function playAll(stage: Stage, dialogues: readonly Dialogue[], runs: number): Promise<Result[]> {
  const player = new Player(stage);
  const results = dialogues.map((dialogue) => ({ dialogue, runs: new Array<Played>() }));
  const open = results
    .filter(({ dialogue }) => !stage.isDemo || dialogue.needsRealModel === undefined)
    .flatMap((result) => Array.from({ length: runs }, () => result));
  const one = async () => {
    for (let next = open.shift(); next; next = open.shift()) next.runs.push(await player.play(next.dialogue));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  return results;
}

async function write(folder: string, model: string, results: readonly Result[]): Promise<string> {
  const file = join(folder, `${model.replaceAll(/[^\w.-]+/g, '_')}.json`);
  const data = {
    at: new Date().toISOString(),
    model,
    holds: allHold(results),
    dialogues: reportData(results),
  };
  await mkdir(folder, { recursive: true });
  await writeFile(file, `${JSON.stringify(data, null, 2)}\n`);
  return file;
}

/** @returns the fault as text */
function readWishes(args: readonly string[]): Wishes | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        only: { type: 'string', default: '' },
        runs: { type: 'string', default: '1' },
        model: { type: 'string' },
      },
    });
    const runs = Number(values.runs);
    if (!Number.isInteger(runs) || runs < 1 || runs > 100) return '--runs takes a number from 1 to 100.';
    return { only: new RegExp(values.only), runs, model: values.model };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
