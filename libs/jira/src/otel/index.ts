export { collectTraces, type TraceOptions } from './traces.js';
export { TraceMiddleware } from './trace-middleware.js';
