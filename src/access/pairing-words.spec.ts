import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatMarkdown } from '../telegram/formatting/format-markdown.js';
import { en } from '../platform/i18n/en.js';
import {
  type PairingRequest,
  pairingChoices,
  pairingOutcome,
  pairingQuestion,
  readPairingChoice,
} from './pairing-words.js';

const asked: PairingRequest = {
  chatId: '42',
  ofGroup: false,
  userId: '42',
  name: 'Ada Lovelace',
  username: 'ada_l',
  title: null,
  code: 'K7WQ4M',
};
const id = '0197a3a0-0000-7000-8000-000000000001';

describe('The question about a request', () => {
  it('names the person, and their code', () => {
    expect(pairingQuestion(asked, en)).toBe(
      'May this person talk to me?\n\n- `Ada Lovelace` · `@ada_l` · `42`\n- `K7WQ4M`',
    );
    expect(pairingOutcome(asked, 'approved', 'Grace', en)).toMatch(/^Approved by Grace:\n\n- `Ada Lovelace`/);
  });

  it('names a group, and the asker there', () => {
    const group = { ...asked, chatId: '-1001', ofGroup: true, title: 'Engines' };
    expect(pairingQuestion(group, en)).toBe(
      'May everybody in this group talk to me?\n\n- `Engines` · `-1001`\n- `Ada Lovelace` · `@ada_l` · `42`\n- `K7WQ4M`',
    );
    const nameless = { ...group, title: null, name: null, username: null, userId: null };
    expect(pairingQuestion(nameless, en)).toMatch(/\n\n- `-1001`\n- `K7WQ4M`$/);
  });

  it('shows names as they are: none can add a line, a link or a style, or run backwards', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
        const lines = pairingQuestion({ ...asked, name }, en).split('\n');
        expect(lines).toHaveLength(4);
        const types = formatMarkdown(lines.join('\n')).entities.map(({ type }) => type);
        expect(new Set(types)).toEqual(new Set(['code']));
      }),
    );
    const spoofed = pairingQuestion({ ...asked, name: '`**x**\n- `Admin` \u202Eadm\u200B' }, en);
    expect(spoofed).toContain('- `**x** - Admin \\u{202e}adm\\u{200b}` · ');
  });
});

describe('A button', () => {
  it('is read as it was made, and fits Telegram’s limit', () => {
    const [yes, no] = pairingChoices(id, en);
    expect(readPairingChoice(yes?.data ?? '')).toEqual({ id, verdict: 'approved' });
    expect(readPairingChoice(no?.data ?? '')).toEqual({ id, verdict: 'denied' });
    for (const { data } of pairingChoices(id, en)) expect(Buffer.byteLength(data)).toBeLessThanOrEqual(64);
  });

  it('of another kind is none', () => {
    for (const data of [
      '',
      `approval:yes:${id}`,
      `pairing:maybe:${id}`,
      `pairing:yes:${id}x`,
      `pairing:yes:${'-'.repeat(36)}`,
      'pairing:yes:',
    ])
      expect(readPairingChoice(data)).toBeNull();
  });
});
