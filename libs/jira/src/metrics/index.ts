export { collectMetrics, type MetricsOptions } from './metrics.js';
