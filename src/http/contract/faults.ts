/** The names of what is foreseen to go wrong or to be known first, for whoever has words for all of them. */
export type { HintCode } from '../../core/discovery.ts';
export type { FaultCode } from '../../core/fault.ts';
