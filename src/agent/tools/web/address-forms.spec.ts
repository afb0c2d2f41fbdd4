import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SmallInternet } from '../../../../test/support/small-internet.js';
import { Dialer } from './dialer.js';

/** A tested form, the place of a port in it, and its result. docs/tools.md has this table. */
type Form = readonly [url: string, result: string];

const FORMS: readonly Form[] = [
  // This machine, as IPv4.
  ['http://127.0.0.1{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['https://127.0.0.1{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://127.255.255.254{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://127.0.0.1.{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://127.0.0.1..{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://2130706433{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://0x7f000001{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://0x7F.0x0.0x0.0x1{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://017700000001{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://0177.0.0.1{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://00000000177.1{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://127.1{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://127.0.1{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://0x7f.1{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://127。0。0。1{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://①②⑦.0.0.1{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://１２７.０.０.１{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://%31%32%37.0.0.1{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http:\\\\127.0.0.1{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http:127.0.0.1{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://127.0.0.1{port}\\@public.example/', 'FETCH_ADDRESS_REFUSED'],
  ['http://0{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://0.0.0.0{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://256.0.0.1{port}/', 'FETCH_URL_REFUSED'],
  ['http://4294967296{port}/', 'FETCH_URL_REFUSED'],
  ['http://127.0.0.08{port}/', 'FETCH_URL_REFUSED'],
  // This machine, as IPv6, and IPv4 inside IPv6.
  ['http://[::1]{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://[0:0:0:0:0:0:0:1]{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://[::]{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://[::ffff:127.0.0.1]{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://[::ffff:7f00:1]{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://[::127.0.0.1]{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://[::ffff:0:127.0.0.1]{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://[64:ff9b::127.0.0.1]{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://[64:ff9b:1::127.0.0.1]{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://[2002:7f00:1::]{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://[2001:0:4136:e378:8000:f227:80ff:fffe]{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://[::1%25lo]{port}/', 'FETCH_URL_REFUSED'],
  ['http://[::ffff:127.1]{port}/', 'FETCH_URL_REFUSED'],
  // This machine and its neighbours by name.
  ['http://localhost{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://LOCALHOST{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://localhost.{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://localhost..{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://ⓛocalhost{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://redis{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://app.localhost{port}/', 'FETCH_HOST_UNKNOWN'],
  ['http://localhost%00.public.example{port}/', 'FETCH_URL_REFUSED'],
  ['http://nowhere.example{port}/', 'FETCH_HOST_UNKNOWN'],
  // Private networks, carriers, metadata, and invalid hosts.
  ['http://10.0.0.1{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://172.16.0.1{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://192.168.0.1{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://100.64.0.1{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://169.254.169.254{port}/latest/meta-data/', 'FETCH_ADDRESS_REFUSED'],
  ['http://2852039166{port}/latest/meta-data/', 'FETCH_ADDRESS_REFUSED'],
  ['http://[::ffff:a9fe:a9fe]{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://[64:ff9b::a9fe:a9fe]{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://[fd00:ec2::254]{port}/latest/meta-data/', 'FETCH_ADDRESS_REFUSED'],
  ['http://[fd20:ce::254]{port}/computeMetadata/v1/', 'FETCH_ADDRESS_REFUSED'],
  ['http://100.100.100.200{port}/latest/meta-data/', 'FETCH_ADDRESS_REFUSED'],
  ['http://168.63.129.16{port}/machine/', 'FETCH_ADDRESS_REFUSED'],
  ['http://192.0.0.192{port}/opc/v2/', 'FETCH_ADDRESS_REFUSED'],
  ['http://metadata.google.internal{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://[fe80::1]{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://[fc00::1]{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://[ff02::1]{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://224.0.0.1{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://240.0.0.1{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://255.255.255.255{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://192.0.2.1{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://198.18.0.1{port}/', 'FETCH_ADDRESS_REFUSED'],
  // Names that lead inside.
  ['http://a-loopback.example{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://a-private.example{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://a-metadata.example{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://aaaa-loopback.example{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://aaaa-mapped.example{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://aaaa-nat64.example{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://a-public-and-private.example{port}/', 'FETCH_ADDRESS_REFUSED'],
  ['http://a-public-aaaa-private.example{port}/', 'FETCH_ADDRESS_REFUSED'],
  // Credentials, other schemes, and texts that only look like a URL.
  ['http://user:x@127.0.0.1{port}/', 'FETCH_URL_REFUSED'],
  ['http://user:x@public.example{port}/', 'FETCH_URL_REFUSED'],
  ['http://public.example@127.0.0.1{port}/', 'FETCH_URL_REFUSED'],
  ['http://public.example:80@127.0.0.1{port}/', 'FETCH_URL_REFUSED'],
  ['file:///etc/passwd', 'FETCH_URL_REFUSED'],
  ['file://127.0.0.1/etc/passwd', 'FETCH_URL_REFUSED'],
  ['gopher://127.0.0.1{port}/', 'FETCH_URL_REFUSED'],
  ['ftp://127.0.0.1{port}/', 'FETCH_URL_REFUSED'],
  ['ws://127.0.0.1{port}/', 'FETCH_URL_REFUSED'],
  ['dict://127.0.0.1{port}/', 'FETCH_URL_REFUSED'],
  ['data:text/html,hello', 'FETCH_URL_REFUSED'],
  ['javascript:alert(1)', 'FETCH_URL_REFUSED'],
  ['view-source:http://127.0.0.1{port}/', 'FETCH_URL_REFUSED'],
  ['127.0.0.1{port}', 'FETCH_URL_REFUSED'],
  ['//127.0.0.1{port}/', 'FETCH_URL_REFUSED'],
  // Ports.
  ['http://public.example:22/', 'FETCH_PORT_REFUSED'],
  ['http://public.example:0/', 'FETCH_PORT_REFUSED'],
  ['http://public.example:6379/', 'FETCH_PORT_REFUSED'],
  ['http://public.example:99999/', 'FETCH_URL_REFUSED'],
];

/** The DNS records of the names; docs/tools.md lists them too. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  'metadata.google.internal': ['169.254.169.254'],
  'a-loopback.example': ['127.0.0.1'],
  'a-private.example': ['10.0.0.1'],
  'a-metadata.example': ['169.254.169.254'],
  'aaaa-loopback.example': ['::1'],
  'aaaa-mapped.example': ['::ffff:127.0.0.1'],
  'aaaa-nat64.example': ['64:ff9b::127.0.0.1'],
  'a-public-and-private.example': ['8.8.8.8', '127.0.0.1'],
  'a-public-aaaa-private.example': ['8.8.8.8', '::1'],
};

/** Uses the real addresses: a leak would reach the canary as it would in production. */
const straight = new Dialer();

describe('An address form that leads inside', () => {
  let internet: SmallInternet;
  const { signal } = new AbortController();

  beforeAll(async () => {
    internet = await SmallInternet.start((request, response) => {
      const to = new URL(request.url ?? '', 'http://public.example').searchParams.get('to') ?? '';
      response.writeHead(302, { location: Buffer.from(to).toString('latin1') }).end();
    });
    for (const [name, addresses] of Object.entries(NAMES)) internet.dns.tell(name, addresses);
  });
  afterAll(() => internet.close());
  beforeEach(() => {
    internet.dialled.length = 0;
    internet.canaryHits = 0;
  });

  /** No connection except to the public page, if any, was begun, and the canary received none. */
  const expectNothingReached = (): void => {
    expect(internet.dialled.filter((address) => address !== '8.8.8.8:80')).toEqual([]);
    expect(internet.canaryHits).toBe(0);
  };

  it.each(FORMS)('written %s fails with %s', async (form, code) => {
    const page = internet.fetcher().fetch(form.replace('{port}', ''), signal);
    await expect(page).rejects.toMatchObject({ code });
    expect(internet.dialled).not.toContain('8.8.8.8:80');
    expectNothingReached();
  });

  it.each(FORMS.filter(([form]) => form.includes('{port}')))(
    '%s, with any port allowed and the canary’s in it, really dialled: %s',
    async (form, code) => {
      const ports = new Set([internet.canaryPort]);
      const url = form.replace('{port}', `:${internet.canaryPort}`);
      await expect(internet.fetcher({ ports }, straight).fetch(url, signal)).rejects.toMatchObject({ code });
      expectNothingReached();
    },
  );

  // Without a scheme it would be a page of the host that redirects.
  it.each(FORMS.filter(([form]) => /^[a-z-]+:(?:\/\/|\\\\|[^/\d])/.test(form)))(
    '%s, redirected to by a public page: %s',
    async (form, code) => {
      const url = `http://public.example/?to=${encodeURIComponent(form.replace('{port}', ''))}`;
      await expect(internet.fetcher().fetch(url, signal)).rejects.toMatchObject({ code });
      expectNothingReached();
    },
  );

  it('would reach the canary if it were let through', async () => {
    const inside = internet.dialer().connect(new URL('http://10.0.0.1/'), ['10.0.0.1'], signal);
    (await inside).destroy();
    const url = new URL(`http://x.example:${internet.canaryPort}/`);
    (await straight.connect(url, ['127.0.0.1'], signal)).destroy();
    await expect.poll(() => internet.canaryHits).toBe(2);
  });

  it('stands with its result in docs/tools.md, and nothing else does', async () => {
    const docs = await readFile(new URL('../../../../docs/tools.md', import.meta.url), 'utf8');
    const rows = docs.matchAll(/^\| `(?<form>[^|]+)` +\| `(?<result>FETCH_[A-Z_]+)` +\|$/gm);
    expect([...rows].map(({ groups }) => [groups?.['form'], groups?.['result']])).toEqual(
      FORMS.map(([form, result]) => [form.replace('{port}', ''), result]),
    );
    for (const [name, addresses] of Object.entries(NAMES)) {
      expect(docs).toContain(`\`${name}\` (${addresses.join(', ')})`);
    }
  });
});
