import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GiveUpError } from '../../platform/errors/errors.js';
import { Expression, MAX_LOOPED_VALUES } from './expression.js';
import { Filter, Key, MAX_KEY } from './filter.js';
import { MAX_RENDERED, Template } from './template.js';
import type { TriggerInput } from './trigger-input.js';

const input = (payload: unknown, event = 'push'): TriggerInput => ({ source: 'github', event, payload });
const passes = (filter: string, payload: unknown) => new Filter(filter).passes(input(payload));
const key = (text: string, payload: unknown) => new Key(text).of(input(payload));
const render = (template: string, payload: unknown) => new Template(template).render(input(payload));

describe('A filter', () => {
  it('reads the body, the event and the source', () => {
    const pull = { action: 'opened', number: 7, labels: [{ name: 'bug' }], draft: false };
    expect(passes('payload.action == "opened" && event == "push"', pull)).toBe(true);
    expect(passes('payload.action in ["closed", "merged"]', pull)).toBe(false);
    expect(passes('payload.number > 6', pull)).toBe(true);
    expect(passes('payload.draft', pull)).toBe(false);
    expect(passes('payload.labels.exists(l, l.name == "bug")', pull)).toBe(true);
    expect(passes('has(payload.merged_at)', pull)).toBe(false);
    expect(passes('source == "github"', null)).toBe(true);
  });

  it.each([
    ['', /^at character 1: /],
    ['payload.a ==', /^at character 13: /],
    ['unknown.a == 1', /^at character 1: Unknown variable: unknown/],
    ['"text"', /has the type string/],
    ['event + 1 == "x"', /^at character \d+: /],
    ['true && payload.a.matches("(a+)+")', /^at character 9: matches\(\) is not supported/],
    [`payload.a == 1${' || payload.a == 1'.repeat(100)}`, /./],
    [`${'('.repeat(100)}true${')'.repeat(100)}`, /./],
  ])('is refused with its position: %s', (text, problem) => {
    expect(() => new Filter(text)).toThrow(GiveUpError);
    expect(() => new Filter(text)).toThrow(problem);
  });

  it('is refused where it loops in a loop', () => {
    expect(() => new Filter('payload.a.all(x, payload.b.exists(y, y == x))')).toThrow(/a loop in a loop/);
  });

  it('fails for a webhook that it does not fit, with a reason of one line', () => {
    for (const filter of ['payload.missing == 1', 'payload.a > "text"', 'payload.a', 'payload.b[7] == 1']) {
      expect(() => passes(filter, { a: 1, b: [] }), filter).toThrow(GiveUpError);
      expect(() => passes(filter, { a: 1, b: [] }), filter).toThrow(/^.{1,200}$/);
    }
  });

  it.each([
    'size(payload.all.map(x, payload.all + payload.all)) > 0',
    'size(payload.all.map(x, payload.text.lowerAscii())) > 0',
    'payload.all.exists(x, size(payload.text.split("a")) > 1)',
  ])('is refused, for it would make large values again and again: %s', (text) => {
    expect(() => new Filter(text)).toThrow(/in a loop is not supported/);
  });

  it('fails rather than loops over a large body', () => {
    const large = { all: Array.from({ length: MAX_LOOPED_VALUES }, (_, index) => index) };
    expect(() => passes('payload.all.all(x, x in payload.all)', large)).toThrow(/too many for a loop/);
    expect(passes('size(payload.all) > 1', large)).toBe(true);
    const long = { all: ['b'], text: 'a'.repeat(1_000_000) };
    expect(() => passes('payload.all.exists(x, payload.text.contains(x))', long)).toThrow(
      /too many for a loop/,
    );
    expect(passes('payload.text.contains("a")', long)).toBe(true);
  });

  it('is read in full or refused, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.jsonValue(), (text, payload) => {
        try {
          new Expression(text).run(input(payload));
        } catch (error) {
          expect(error).toBeInstanceOf(GiveUpError);
        }
      }),
    );
  });
});

describe('A key', () => {
  it('is the text of a text or number', () => {
    expect(key('payload.repository.full_name', { repository: { full_name: 'ada/engine' } })).toBe(
      'ada/engine',
    );
    expect(key('payload.id', { id: 7 })).toBe('7');
    expect(key('event + "/" + source', null)).toBe('push/github');
  });

  it('fails for anything else', () => {
    for (const value of [null, {}, [], 'x'.repeat(MAX_KEY + 1), 'a\0b', '\ud800'])
      expect(() => key('payload', value)).toThrow(GiveUpError);
  });
});

describe('A template', () => {
  it('renders the fields of a webhook as they are', () => {
    expect(
      render('{{event}} of {{payload.by.name}}: {{payload.title}}', { by: { name: 'A & B' }, title: '<b>' }),
    ).toBe('push of A & B: <b>');
    expect(
      render('{{#payload.commits}}- {{message}} ({{payload.ref}})\n{{/payload.commits}}', {
        ref: 'main',
        commits: [{ message: 'one' }, { message: 'two' }],
      }),
    ).toBe('- one (main)\n- two (main)\n');
    expect(
      render('{{^payload.found}}none{{/payload.found}}{{payload.n}}{{payload.o}}', { n: 1.5, o: { a: [1] } }),
    ).toBe('none1.5{"a":[1]}');
  });

  it('sees no more than the own fields of the body', () => {
    for (const name of [
      'constructor',
      'payload.constructor',
      'payload.toString',
      'payload.a.length',
      '__proto__',
    ])
      expect(render(`{{${name}}}{{#${name}}}x{{/${name}}}`, { a: 'text' }), name).toBe('');
    expect(render('{{payload.__proto__.x}}', JSON.parse('{"__proto__":{"x":"own"}}'))).toBe('own');
  });

  it.each([
    ['{{payload.a', /character 11/],
    ['{{#payload.a}}', /Unclosed section/],
    ['{{/payload.a}}', /Unopened section/],
    ['{{> other}}', /partials/],
    ['{{#a}}{{> other}}{{/a}}', /partials/],
  ])('is refused: %s', (text, problem) => {
    expect(() => new Template(text)).toThrow(GiveUpError);
    expect(() => new Template(text)).toThrow(problem);
  });

  it('is cut off past its limit, between characters', () => {
    expect(render('{{payload}}', 'x'.repeat(MAX_RENDERED + 1))).toHaveLength(MAX_RENDERED);
    expect(render('x{{payload}}', '😀'.repeat(MAX_RENDERED)).isWellFormed()).toBe(true);
  });

  it('fails rather than repeats itself without an end', () => {
    const payload = Array.from({ length: 2_000 }, (_, index) => index);
    const nested = '{{#payload}}{{#payload}}{{#payload}}x{{/payload}}{{/payload}}{{/payload}}';
    expect(() => render(nested, payload)).toThrow(/too often/);
    expect(() => render(nested.replace('x', '{{nothing}}'), payload)).toThrow(/too often/);
    expect(() => render(nested.replace('x', ''), payload)).toThrow(/too often/);
  });
});
