import { computedExamples } from '../../src/triggers/schemes/presets/computed-examples.fixture.js';
import { documentedExamples } from '../../src/triggers/schemes/presets/documented-examples.fixture.js';
import type { Example } from '../../src/triggers/schemes/presets/example.fixture.js';
import { median } from './statistics.js';

/** The median time of a check, by preset. */
export interface SignatureTime {
  readonly name: string;
  readonly rightUs: number;
  readonly wrongUs: number;
  readonly ratio: number;
}

const CHECKS = 10_000;

/**
 * Times the check of right signatures and of ones that differ in one character of their last third, one after the
 * other, for each preset that compares a signature.
 */
export function signatureTimes(): SignatureTime[] {
  const byPreset = new Map<string, Example>();
  for (const example of [...documentedExamples, ...computedExamples])
    if (example.preset.scheme.proves === 'content') byPreset.set(example.preset.name, example);
  return [...byPreset.values()].map(timesOf);
}

function timesOf({ preset, request, signature, secret, nowMs }: Example): SignatureTime {
  const right = String(request.headers[signature]);
  const wrong = Array.from({ length: 16 }, (_, index) => mutated(right, index));
  const [rightNs, wrongNs]: [number[], number[]] = [[], []];
  const check = (text: string, times: number[]) => {
    const signed = { ...request, headers: { ...request.headers, [signature]: text } };
    const begin = process.hrtime.bigint();
    preset.scheme.verify(signed, [secret], nowMs);
    times.push(Number(process.hrtime.bigint() - begin));
  };
  for (let count = 0; count < CHECKS; count += 1) {
    check(right, rightNs);
    check(wrong[count % wrong.length] ?? '', wrongNs);
  }
  const [rightUs, wrongUs] = [median(rightNs) / 1_000, median(wrongNs) / 1_000];
  return { name: preset.name, rightUs, wrongUs, ratio: wrongUs / rightUs };
}

/** The same length and the same alphabet, so that the check comes to the comparison. */
function mutated(text: string, index: number): string {
  const letters = [...text.matchAll(/[\da-f]/g)]
    .map((match) => match.index)
    .filter((at) => at > text.length / 3);
  const at = letters[Math.floor((index * letters.length) / 16)] ?? text.length - 1;
  return `${text.slice(0, at)}${text[at] === '0' ? '1' : '0'}${text.slice(at + 1)}`;
}
