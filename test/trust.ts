/** Lets this process trust an authority that was made up after its start, as NODE_EXTRA_CA_CERTS does at it. */
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import type { Authority } from '../standins/authority.ts';

export const trust = ({ caPem }: Authority): void =>
  setDefaultCACertificates([...getCACertificates('default'), caPem]);
