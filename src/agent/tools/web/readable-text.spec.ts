import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readableText } from './readable-text.js';

const { signal } = new AbortController();
const read = (html: string): Promise<string> => readableText(html, signal);

describe('The text of a page', () => {
  it.each([
    ['has one space for any white space', '<p>One\n\t two&nbsp; <b>th</b>ree </p>', 'One two three'],
    ['has paragraphs', '<p>One<p>Two</p>\n\n<div><div>Three</div></div>', 'One\n\nTwo\n\nThree'],
    ['has lines', 'One<br>Two<div>Three</div>Four', 'One\nTwo\nThree\nFour'],
    [
      'has headings',
      '<h1>One</h1>Text<h3><a href="/x">Two</a></h3><h2></h2>.',
      '# One\n\nText\n\n### Two\n\n.',
    ],
    ['has items', '<ul><li>One<li><p>Two</p><li></ul>Three', '- One\n\n- Two\n\nThree'],
    ['has tables', '<table><tr><th>A<th>B<tr><td>1<td>2 3</table>', 'A | B\n1 | 2 3'],
    ['keeps what is preformatted', '<pre>a\n  b\n</pre>c   d', 'a\n  b\n\n\nc d'],
    ['has the characters meant', '&lt;b&gt; &amp;amp; &eacute;&#x1F600;', '<b> &amp; é😀'],
    ['begins with the title', '<head><title> A &amp;\nB</title></head><body>C', 'Title: A & B\n\nC'],
    ['is without code', 'a<script>x("</p>")</script><style>p{}</style><noscript>n</noscript>b', 'a b'],
    ['is without navigation', '<nav><a>Home</a></nav><p>Text</p><aside>Ad</aside><footer>©</footer>', 'Text'],
    [
      'is without controls',
      '<form>Name <input value=x><select><option>a</select><button>Go</button>',
      'Name',
    ],
    [
      'is without what is hidden',
      'a<p hidden>b</p><p aria-hidden="true">c</p><p style="Display : none">d<b>e</b></p><i>f</i>',
      'a f',
    ],
    [
      'is of the main part, where there is one',
      '<title>T</title><p>Before</p><main><p>In</p></main><p>After</p><main>Second</main>',
      'Title: T\n\nIn',
    ],
    ['knows the main part by its role', '<p>Before<div role=main>In <div>side</div></div>After', 'In\nside'],
    ['is of everything, where the main part is empty', '<p>Before</p><main> </main>After', 'Before\n\nAfter'],
    [
      'is without drawings and their titles',
      '<title>T</title><svg><title>S</title><text>x</text></svg>a',
      'Title: T\n\na',
    ],
    ['may be none', '<script>x</script>', ''],
  ])('%s', async (_, html, text) => {
    expect(await read(html)).toBe(text);
  });

  it('is returned for any input, without markup', async () => {
    const pieces = fc.constantFrom(
      ...'<p> </p> <main> </main> <td> <li> <h2> <pre> <nav> </nav> <script> </script> <br/> </x>'.split(' '),
      ...'word &amp; <!-- --> < "'.split(' '),
      ' ',
      '\n',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(pieces, { maxLength: 60 }), async (parts) => {
        const text = await read(parts.join(''));
        expect(text).toBe(text.trim());
        expect(text).not.toMatch(/<(?:p|main|td|li|h2|pre|nav|br\/)>/);
      }),
      { numRuns: 300 },
    );
  });

  it('is the same wherever an element falls on the borders between slices', async () => {
    for (const length of [16_370, 16_378, 16_382, 16_383, 16_384]) {
      expect(await read(`<p>${'x'.repeat(length)}</p><p title="a">&eacute;</p>`)).toBe(
        `${'x'.repeat(length)}\n\né`,
      );
    }
  });

  it.each([
    ['deep', '<div>'],
    ['deep and of many kinds', '<ul><li><b>'],
  ])('is refused when the page is %s', async (_, piece) => {
    await expect(read(piece.repeat(400_000))).rejects.toMatchObject({ code: 'FETCH_UNREADABLE' });
  });

  it('lets other work run meanwhile, and is not read further once it is aborted', async () => {
    const stop = new AbortController();
    let turns = 0;
    const other = (): void => {
      turns += 1;
      if (turns === 20) stop.abort(new Error('the turn is cancelled'));
      else setImmediate(other);
    };
    setImmediate(other);
    const text = readableText('<p>a</p>'.repeat(200_000), stop.signal);
    await expect(text).rejects.toThrow('the turn is cancelled');
    expect(turns).toBe(20);
  });
});
