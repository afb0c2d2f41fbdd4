import type { Dialogue } from './dialogue.js';
import { followUp } from './dialogues/follow-up.js';
import { injectionForwarded, injectionInResult } from './dialogues/injection.js';
import { german, spanish } from './dialogues/language-kept.js';
import { longAnswer } from './dialogues/long-answer.js';
import { recallAfter200, recallInOtherWords } from './dialogues/recall-after-200.js';
import { recallAfterReset } from './dialogues/recall-after-reset.js';
import { secretPrompt, secretPromptDisguised } from './dialogues/secret-prompt.js';
import { toolCalculate } from './dialogues/tool-calculate.js';
import { toolTime } from './dialogues/tool-time.js';
import { waitingEdit } from './dialogues/waiting-edit.js';

/** All dialogues, in the order of the table. */
export const dialogues: readonly Dialogue[] = [
  toolTime,
  toolCalculate,
  recallAfterReset,
  recallAfter200,
  recallInOtherWords,
  german,
  spanish,
  injectionForwarded,
  injectionInResult,
  followUp,
  waitingEdit,
  longAnswer,
  secretPrompt,
  secretPromptDisguised,
];
