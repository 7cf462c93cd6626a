/** Tells how far a connection has come, by what is asked of the door to the outside: the sources know nothing of it. */
import { checkServerIdentity } from 'node:tls';
import type { ProbeStep } from '../../src/core/survey.ts';
import type { Dial } from './dial.ts';

/** `told` hears of each step when it begins; of `encrypt` only where that is a step of its own on the wire. */
export function watchDial(dial: Dial, told: (step: ProbeStep) => void): Dial {
  const check: Dial['check'] = async (...host) => {
    told('resolve');
    const checked = await dial.check(...host);
    told('connect');
    return checked;
  };
  return {
    // Whoever dials with these is told of the handshake's end: the certificate is checked last.
    tlsOptions: Object.assign(
      {
        checkServerIdentity: (...peer: Parameters<typeof checkServerIdentity>) => {
          const refusal = checkServerIdentity(...peer);
          if (refusal === undefined) told('login');
          return refusal;
        },
      },
      dial.tlsOptions,
    ),
    check,
    connect: async (server, signal) => {
      await check(server.host, server.port, signal);
      const socket = await dial.connect(server, signal);
      told(server.security === 'tls' ? 'login' : 'encrypt');
      return socket;
    },
    upgrade: async (...socket) => {
      const secured = await dial.upgrade(...socket);
      told('login');
      return secured;
    },
  };
}
