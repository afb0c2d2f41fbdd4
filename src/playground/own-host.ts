import { isIP } from 'node:net';

/**
 * Whether a request's `Host` names this machine in a way that a stranger cannot arrange: an IP address, `localhost`, or
 * the name in HOST. Any other name may belong to a site whose owner has it resolve to this machine ("DNS rebinding");
 * the browser then takes its page for one of ours. Pure.
 */
export function isOwnHost(host: string | undefined, listensOn: string): boolean {
  if (host === undefined || !URL.canParse(`http://${host}`)) return false;
  const { hostname } = new URL(`http://${host}`);
  if (isIP(hostname.replaceAll(/[[\]]/g, '')) > 0) return true;
  return hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === listensOn.toLowerCase();
}

/** Whether a listener on this address is reached from this machine only. Pure. */
export function isLoopback(listensOn: string): boolean {
  return (
    listensOn === 'localhost' ||
    listensOn === '::1' ||
    (isIP(listensOn) === 4 && listensOn.startsWith('127.'))
  );
}
