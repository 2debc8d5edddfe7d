export { estimateCost, unitRatesFor, WINDOW_MINUTES } from './estimateCost';
export type { CostEstimate, UnitRates } from './estimateCost';
export { lookAtQuotas } from './lookAtQuotas';
export type { Quotas } from './lookAtQuotas';
export { talk } from './talk';
export type { Talk, TalkOptions } from './talk';
