const oops = (): never => {
  throw new Error('oops');
};

function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

const errorWhoseMessageIs = (property: PropertyDescriptor): Error =>
  Object.defineProperty(new Error('odd'), 'message', property);

/** A thrown value of a package that fails every inspection. */
export const oddThrows: Readonly<Record<string, unknown>> = {
  'an object without a prototype': Object.create(null),
  'an object whose words throw': { toString: oops },
  'a symbol': Symbol('odd'),
  'a proxy that throws': new Proxy({}, { get: oops, getPrototypeOf: oops }),
  'a proxy that is revoked': revokedProxy(),
  'an error whose message throws': errorWhoseMessageIs({ get: oops }),
  'an error whose message is a symbol': errorWhoseMessageIs({ value: Symbol('odd') }),
  'an error whose message is an object': errorWhoseMessageIs({ value: Object.create(null) }),
};
