/** The names of everything that is foreseen to go wrong, for whoever has words for all of them. */
export type { FaultCode } from '../../core/fault.ts';
