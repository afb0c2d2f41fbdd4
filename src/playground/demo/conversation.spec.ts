import { describe, expect, it } from 'vitest';
import { shownBy } from './conversation.js';

describe('A message that the demo sees', () => {
  it('is the answer only if it contains the expected text and is complete', () => {
    expect(shownBy('calculate …', '84')).toBe('what the bot is doing');
    expect(shownBy('The result is 84 ▌', '84')).toBe('the answer, while it is written');
    expect(shownBy('The result is 84.', '84')).toBe('the answer');
  });
});
