import { expect, it } from 'vitest';
import { describeInNamespaces, runInNamespace } from '../../../../test/support/network-namespace.js';
import { LEADS_NOWHERE, REACHABLE } from './no-route.fixture.js';

const fixture = new URL('no-route.fixture.ts', import.meta.url).pathname;

describeInNamespaces('An address without a route', () => {
  it.each([
    ['where there is no network', 'ENETUNREACH|EADDRNOTAVAIL', []],
    ['where IPv6 is off', 'ENETUNREACH|EADDRNOTAVAIL', ['echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6']],
    [
      'where a router says so',
      'EHOSTUNREACH|EADDRNOTAVAIL|ENETUNREACH',
      ['ip route add unreachable default'],
    ],
    ['where it is forbidden', 'EACCES|EADDRNOTAVAIL|ENETUNREACH', ['ip route add prohibit default']],
  ])('fails only the fetch, %s', async (_, codes, setUp) => {
    const stdout = await runInNamespace(fixture, [`ip address add ${REACHABLE}/32 dev lo`, ...setUp]);
    const came: Record<string, string> = JSON.parse(stdout);
    const failed = expect.stringMatching(
      new RegExp(`^FETCH_FAILED: The connection to the host failed \\((${codes})\\)`),
    );
    expect(came).toEqual({
      ...Object.fromEntries(LEADS_NOWHERE.map((url) => [url, failed])),
      [`http://${REACHABLE}/`]: 'Hello',
    });
  });
});
